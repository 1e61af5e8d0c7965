"""The shared clock: the lender's time, carried on by this machine's steady clock between two looks. Never goes back."""

from collections.abc import Callable

from proxy.money.leased.lender import Fence


class SharedClock:
    """`steady` and `wall` give nanoseconds; until the first look the wall is believed."""

    def __init__(self, steady: Callable[[], int], wall: Callable[[], int]) -> None:
        self._steady = steady
        self._ahead = wall() - steady()
        self._last = 0

    def look(self, fence: Fence) -> None:
        """Follow the lender: forward at once; after a step back time stands still until the lender has caught up."""
        self._ahead = fence.now - self._steady()

    def now(self) -> int:
        """Epoch nanoseconds, never less than before."""
        self._last = max(self._last, self._steady() + self._ahead)
        return self._last
