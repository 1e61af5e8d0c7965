"""Vectors made before: the same text to the same model gives the same vector, so it is made once.

What is kept is a digest and a vector, never a text. Light on purpose: the HTTP worker imports it.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from providers.engine.inputs import Inputs

OVERHEAD = 300
"""Bytes that an entry takes besides its vector: the digest, the objects, its place in the order."""


class Known(Struct, frozen=True):
    """A vector as little-endian float32, and how many tokens its text had."""

    vector: bytes
    tokens: int


class Shape(Struct, frozen=True):
    """How many numbers the vectors have that are asked for, and the model's own, uncut ones."""

    numbers: int
    width: int


class VectorCache(Protocol):
    """Where vectors are kept: in this process, or also in a store that several replicas share."""

    async def find(self, keys: Sequence[bytes], shape: Shape) -> list[Known | None]:
        """What is known, in the order of the keys; none of another shape."""
        ...

    async def keep(self, found: Mapping[bytes, Known], shape: Shape) -> None:
        """Keep these."""
        ...

    async def aclose(self) -> None:
        """Let go of whatever is open."""
        ...


def keys(asked: Inputs, owner: str, model: str) -> list[bytes]:
    """A digest for each input. `owner` is whose it is (empty: everybody's), `model` what tells its vectors apart."""
    head = b"%d:%s%d:%s%d:" % (
        len(owner.encode()),
        owner.encode(),
        len(model.encode()),
        model.encode(),
        asked.dimensions or 0,
    )
    texts = [b"t" + text.encode("utf-8", "surrogatepass") for text in asked.texts]
    tokens = [b"i" + ",".join(map(str, ids)).encode() for ids in asked.tokens]
    return [sha256(head + one).digest() for one in texts + tokens]


class LocalCache:
    """In this process: at most `size` bytes, the longest unused goes first; nothing is kept longer than `ttl` seconds.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, size: int, ttl: float, clock: Callable[[], float]) -> None:
        self._size, self._ttl, self._clock = size, ttl, clock
        self._known: OrderedDict[bytes, tuple[float, Known]] = OrderedDict()
        self.bytes = self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._known)

    async def find(self, keys: Sequence[bytes], shape: Shape) -> list[Known | None]:
        """What is known, in the order of the keys, which tell their shapes apart."""
        now = self._clock()
        return [self._find(key, now) for key in keys]

    async def keep(self, found: Mapping[bytes, Known], shape: Shape) -> None:
        """Keep these, and forget the longest unused where they do not fit."""
        until = self._clock() + self._ttl
        for key, known in found.items():
            self._drop(key)
            self._known[key] = (until, known)
            self.bytes += OVERHEAD + len(known.vector)
        while self.bytes > self._size:
            self._drop(next(iter(self._known)))

    async def aclose(self) -> None:
        """Nothing is open."""

    def _find(self, key: bytes, now: float) -> Known | None:
        until, known = self._known.get(key, (now, None))
        if until <= now:
            self._drop(key)
            self.misses += 1
            return None
        self._known.move_to_end(key)
        self.hits += 1
        return known

    def _drop(self, key: bytes) -> None:
        _, known = self._known.pop(key, (0, None))
        if known is not None:
            self.bytes -= OVERHEAD + len(known.vector)
