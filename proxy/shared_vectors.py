"""Vectors made before, here and in Redis: what this process does not know, a replica may have made.

Redis is asked for what is missing here, within milliseconds; what is found there is kept here too. There it takes a
bounded room: the model's width says how many places that makes, and a vector's digest which of them is its own.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from providers.engine.vector_cache import Known, LocalCache, Shape
from proxy.shared_cache import HEAD, Codec, SharedCache

PATIENCE = 0.01
"""Seconds that a request waits for Redis: less than one text takes."""
MOST = 256
"""Vectors of one request that Redis is asked for; the others are made."""
OVERHEAD, ROUNDED = 200, 1.25
"""Bytes that Redis takes beside a value (its name, the objects, the time of its end), and how much larger a value may
lie in its memory: measured with vectors of 384 to 4096 numbers."""
QUIET = 60.0
"""Seconds between two lines in the log about a Redis that is away."""
COUNT = 4
_LOG = logging.getLogger("halfpenny")


def written(known: Known) -> bytes:
    """The tokens and the vector."""
    return known.tokens.to_bytes(COUNT, "big") + known.vector


def read(value: bytes) -> Known | None:
    """The same again; None of what is none."""
    if len(value) <= COUNT or len(value) % 4:
        return None
    return Known(value[COUNT:], int.from_bytes(value[:COUNT], "big"))


class SharedVectors:
    """`providers.engine.vector_cache.VectorCache`: `near` first, then Redis at `url`, where at most `size` bytes are
    kept under `space` for `ttl` whole seconds. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        near: LocalCache,
        url: str,
        space: str,
        size: int,
        ttl: int,
        clock: Callable[[], float],
        patience: float = PATIENCE,
    ) -> None:
        self._near, self._size = near, size
        self._clock, self._quiet_until = clock, -float("inf")
        self.far = SharedCache(url, f"vector:{space}", Codec(written, read), ttl, clock, self._lost, patience)

    async def find(self, keys: Sequence[bytes], shape: Shape) -> list[Known | None]:
        """What is known, in the order of the keys."""
        found = await self._near.find(keys, shape)
        missing = [place for place, known in enumerate(found) if known is None][:MOST]
        told = await self.far.find([keys[place] for place in missing], self._slots(shape))
        fresh = {}
        for place, known in zip(missing, told, strict=True):
            if known is not None and len(known.vector) == 4 * shape.numbers:
                found[place] = fresh[keys[place]] = known
        await self._near.keep(fresh, shape)
        return found

    async def keep(self, found: Mapping[bytes, Known], shape: Shape) -> None:
        """Keep these here, and there in the background."""
        await self._near.keep(found, shape)
        self.far.keep(found, self._slots(shape))

    async def aclose(self) -> None:
        """Write what waits, and hang up."""
        await self.far.aclose()

    def _slots(self, shape: Shape) -> int:
        return max(1, int(self._size / (OVERHEAD + ROUNDED * (HEAD + COUNT + 4 * shape.width))))

    def _lost(self) -> None:
        if self._clock() >= self._quiet_until:
            self._quiet_until = self._clock() + QUIET
            _LOG.warning("Redis does not answer in time about vectors made before: this process makes them itself")
