"""Request ids: UUIDv7 (RFC 9562), time-ordered, made before anything else happens to a request."""

from collections.abc import Callable


def uuid7(now_ns: int, random: Callable[[int], bytes]) -> str:
    """A UUIDv7 as 32 hex digits from a clock in epoch nanoseconds and a source of random bytes."""
    tail = int.from_bytes(random(10), "big")
    high = (now_ns // 1_000_000) << 16 | 0x7000 | (tail >> 62) & 0xFFF
    return f"{high:016x}{(0x8 << 60) | (tail & ((1 << 62) - 1)):016x}"
