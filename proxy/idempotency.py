"""One answer for one `Idempotency-Key`: who asks twice is answered once, and pays once.

Kept in this worker's memory, so that a client is remembered by the worker that answered it: for a while, and only whole
answers that are not too large. What failed is forgotten, and may be asked again.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256

from msgspec import Struct

from providers.errors import CallerError

HEADER = b"idempotency-key"
LONGEST_KEY = 255
KEPT_SECONDS = 3600.0
MOST_BYTES = 32 << 20
"""All answers together; one may take a sixteenth of it."""
Headers = list[tuple[bytes, bytes]]
Name = tuple[str, bytes]


class Kept(Struct, frozen=True):
    """An answer that has been given: its bytes and their kind. `until` is in the clock's seconds."""

    asked: bytes
    kind: bytes
    body: bytes
    until: float


class Claim:
    """One request's right to answer for its key. `kept` is the answer that was given already."""

    __slots__ = ("_asked", "_name", "_once", "kept")

    def __init__(self, once: "Once", name: Name, asked: bytes, kept: Kept | None = None) -> None:
        self._once, self._name, self._asked, self.kept = once, name, asked, kept

    def keep(self, kind: bytes, body: bytes) -> None:
        """This is the answer, of this content type."""
        self._once.keep(self._name, self._asked, kind, body)

    def leave(self) -> None:
        """The request is over, however. Idempotent."""
        if self.kept is None:
            self._once.running.pop(self._name, None)


class Once:
    """All keys of one worker. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: OrderedDict[Name, Kept] = OrderedDict()
        self._size = 0
        self.running: dict[Name, bytes] = {}

    def claim(self, who: str, headers: Mapping[bytes, bytes], path: str, body: bytes) -> Claim | None:
        """None where the client sent no key.

        Raises CallerError 400 for a key that is none, 409 `idempotency_in_progress` while the first request runs, 422
        `idempotency_key_reused` for another body.
        """
        key = headers.get(HEADER)
        if key is None:
            return None
        if not 0 < len(key) <= LONGEST_KEY:
            raise CallerError(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.", param="idempotency-key")
        name, asked = (who, key), sha256(path.encode() + b"\n" + body).digest()
        kept = self._find(name)
        before = kept.asked if kept is not None else self.running.get(name)
        if before is not None and before != asked:
            raise CallerError(
                "This Idempotency-Key was used for another request.", status=422, code="idempotency_key_reused"
            )
        if kept is None and before is not None:
            raise CallerError(
                "The first request with this Idempotency-Key is still running.",
                status=409,
                code="idempotency_in_progress",
                retry_after=1,
            )
        if kept is None:
            self.running[name] = asked
        return Claim(self, name, asked, kept)

    def keep(self, name: Name, asked: bytes, kind: bytes, body: bytes) -> None:
        """Remember an answer; the oldest make room."""
        if len(body) > MOST_BYTES // 16:
            return
        self._kept[name] = Kept(asked, kind, body, self._clock() + KEPT_SECONDS)
        self._size += len(body)
        while self._size > MOST_BYTES:
            self._size -= len(self._kept.popitem(last=False)[1].body)

    def _find(self, name: Name) -> Kept | None:
        """The answer under this name. What is too old is forgotten, whoever's it is: all are kept equally long."""
        now = self._clock()
        while self._kept and next(iter(self._kept.values())).until <= now:
            self._size -= len(self._kept.popitem(last=False)[1].body)
        return self._kept.get(name)
