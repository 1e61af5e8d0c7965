"""The ledger's clock: wall time that never goes back, so that a window that was closed stays closed.

A step forward is followed at once; after a step back the clock stands still until the wall has caught up. What it may
have said is promised ahead in the ledger, a second at a time, so that a restart does not go back either.
"""

from collections.abc import Callable

AHEAD = 10**9
"""Nanoseconds that one promise covers: a write a second, and at most so far ahead of the wall after a restart."""


class SteadyClock:
    """`wall` gives epoch nanoseconds; `promised` is what was promised before the last stop (0: nothing)."""

    __slots__ = ("_last", "_promised", "_wall")

    def __init__(self, wall: Callable[[], int], promised: int = 0) -> None:
        self._wall = wall
        self._last = self._promised = promised

    def now(self) -> int:
        """Epoch nanoseconds, never less than before."""
        wall = self._wall()
        if wall > self._last:
            self._last = wall
        return self._last

    def due(self) -> int | None:
        """What is to be promised in the transaction that is about to commit; None while the last one still holds."""
        return self._last + AHEAD if self._last > self._promised else None

    def kept(self, promised: int) -> None:
        """The promise was committed."""
        self._promised = promised
