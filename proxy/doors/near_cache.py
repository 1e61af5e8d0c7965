"""Labels read before, in this process: a digest and a number each, the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256


def keys(version: str, texts: Sequence[str]) -> list[bytes]:
    """A digest for each text; another head's labels have other keys."""
    head = f"{len(version)}:{version}".encode()
    return [sha256(head + text.encode("utf-8", "surrogatepass")).digest() for text in texts]


class NearCache:
    """At most `size` entries, none older than `ttl` seconds. `clock` is monotonic, in seconds."""

    def __init__(self, size: int, ttl: float, clock: Callable[[], float]) -> None:
        self.size, self.ttl, self._clock = size, ttl, clock
        self._known: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._known)

    def find(self, keys: Sequence[bytes]) -> list[float | None]:
        """What is known, in the order of the keys."""
        now = self._clock()
        return [self._find(key, now) for key in keys]

    def keep(self, found: Mapping[bytes, float]) -> None:
        """Keep these, and forget the longest unused where they do not fit."""
        until = self._clock() + self.ttl
        for key, value in found.items():
            self._known.pop(key, None)
            self._known[key] = (until, value)
        while len(self._known) > self.size:
            self._known.popitem(last=False)

    def _find(self, key: bytes, now: float) -> float | None:
        until, value = self._known.get(key, (now, 0.0))
        if until <= now:
            self._known.pop(key, None)
            self.misses += 1
            return None
        self._known.move_to_end(key)
        self.hits += 1
        return value
