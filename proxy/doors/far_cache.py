"""Labels read before, in Redis: shared by replicas, and never worth waiting for."""

import struct
from collections.abc import Callable

from proxy.shared_cache import Codec, SharedCache

PATIENCE = 0.005
"""Seconds that a request waits for Redis."""
_NUMBER = struct.Struct("<d")


def _read(value: bytes) -> float | None:
    return float(_NUMBER.unpack(value)[0]) if len(value) == _NUMBER.size else None


class FarCache(SharedCache[float]):
    """`ttl` in whole seconds; `failed` hears of each failure. `clock` is monotonic, in seconds."""

    def __init__(
        self, url: str, ttl: int, clock: Callable[[], float], failed: Callable[[], None], patience: float = PATIENCE
    ) -> None:
        super().__init__(url, "label", Codec(_NUMBER.pack, _read), ttl, clock, failed, patience)
