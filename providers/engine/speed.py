"""How fast the engine is, measured as it works: what a caller is told to wait."""

import heapq
import math
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

SMOOTHING = 0.2
"""Weight of the newest measurement in the running mean."""
INTERVAL = 0.25
"""Seconds over which tokens are counted into one measurement."""
REMEMBERED = 64
"""Answers whose durations are known: what the running ones are expected to be like."""


class Speed:
    """The running mean of tokens per second (all conversations together), and how long the last answers took."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._since: float | None = None
        self._tokens = 0
        self._last: deque[float] = deque(maxlen=REMEMBERED)
        self._lasted = [1.0]
        self.tokens_per_second = 0.0

    def count(self, tokens: int, now: float, busy: bool) -> None:
        """A step at `now` made this many tokens; idle time is not counted."""
        if self._since is None:
            self._since, self._tokens = now, 0
            return
        self._tokens += tokens
        passed = now - self._since
        if passed >= INTERVAL:
            fresh = self._tokens / passed
            known = self.tokens_per_second or fresh
            self.tokens_per_second = known + SMOOTHING * (fresh - known)
            self._since, self._tokens = now, 0
        if not busy:
            self._since = None

    def answered(self, seconds: float) -> None:
        """A conversation held its slot for this long."""
        self._last.append(seconds)
        self._lasted = sorted(self._last)

    def wait(self, waiting: int, ages: Sequence[float] | None = None) -> float:
        """Seconds until a request that came now would get a slot, all slots being taken.

        `ages` is for how many seconds each slot has been taken; None: nobody knows.
        """
        mean = sum(self._lasted) / len(self._lasted)
        if not ages:
            return mean * (waiting + 1) / self._slots
        free = self._rests(ages)
        for _ in range(waiting):
            heapq.heapreplace(free, free[0] + mean)
        return free[0]

    def retry_after(self, waiting: int, ages: Sequence[float] | None = None) -> float:
        """The same for a caller who must come again: whole seconds, 1 to 60."""
        return float(min(60, max(1, -(-self.wait(waiting, ages) // 1))))

    def _rests(self, ages: Sequence[float]) -> list[float]:
        """What running answers have left, in ascending order.

        Each is like those of the last answers that took longer than it does already. Where several run, the first to
        end is like the shortest of those, the last like the longest: the i-th of n around the i/(n + 1)-quantile.
        """
        step = len(ages) / self.tokens_per_second if self.tokens_per_second else 0.0
        rests = []
        for at, age in enumerate(sorted(ages, reverse=True), 1):
            longer = self._lasted[bisect_right(self._lasted, age) :]
            share = len(longer) / (len(ages) + 1)
            like = longer[int((at - 1) * share) : math.ceil((at + 1) * share)]
            rests.append(max(step, sum(like) / len(like) - age if like else 0.0))
        return sorted(rests)
