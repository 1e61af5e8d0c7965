"""When a batch of texts is begun and how large it may be, by load.

Waiting for company pays only where there is company: a lone request never waits. Whether there is, the last batch
tells: when several requests shared it, the next one waits until as many are there again, and never longer than the
window, counted from the arrival of the first. A window in which nobody came is the last of its kind.
"""

from collections.abc import Callable

LEAST = 4
"""A batch may be as small as the configured size divided by this, and as large as twice that size."""
FORGOTTEN = 10
"""After so many windows without a batch, company is a thing of the past."""


class Gathering:
    """`most`: texts in a batch at a usual load, from a quarter to twice as many by what waits; `window`: seconds to
    gather them in at a usual load, from half to one and a half times as long by how many share a batch.
    """

    def __init__(self, most: int, window: float, clock: Callable[[], float]) -> None:
        self._most, self._window, self._clock = most, window, clock
        self._first: float | None = None
        self._last = -float("inf")
        self._company = 0

    @property
    def largest(self) -> int:
        """Texts in the largest batch that there can be."""
        return self._most * 2 if self._most > 1 else 1

    def limit(self, waiting: int) -> int:
        """How many texts the next batch takes: half of those that wait, so that whoever comes waits for less."""
        return min(self.largest, max(self._most // LEAST, waiting // 2, 1))

    def arrived(self) -> None:
        """A request came."""
        if self._first is not None:
            return
        self._first = self._clock()
        if self._first - self._last > FORGOTTEN * self._window:
            self._company = 0

    def due(self, requests: int, texts: int) -> float:
        """Seconds until the next batch should begin, of so many that wait; 0: now."""
        if self._first is None or self._company < 2 or requests >= self._company or texts >= self._most:
            return 0.0
        window = self._window * (0.5 + min(1.0, self._company / self._most))
        return max(0.0, self._first + window - self._clock())

    def begun(self, shared_by: int) -> None:
        """A batch begins, and this many requests share it."""
        self._company, self._first, self._last = shared_by, None, self._clock()
