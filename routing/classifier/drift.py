"""Whether requests still look like those that the worker has known: the population stability index of what was read.

PSI = Σ (p − q)·ln(p/q) over bins, q of the first `baseline` readings, p of the newest `window`. Below 0.1 nothing
moved, above 0.25 the heads see other requests than before: the usual marks of scorecard validation (Siddiqi 2006).
"""

import math
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Mapping, Sequence

MOVED = 0.25
"""What an alarm is set on."""
SHARES = tuple(step / 10 for step in range(1, 10))
"""Edges of ten bins over 0..1."""
SIZES = tuple(2.0**power for power in range(4, 16))
"""Edges for a number of tokens."""
EDGES: Mapping[str, Sequence[float]] = {"difficulty": SHARES, "confidence": SHARES, "tokens": SIZES}


class Drift:
    """The readings of one process since its start: counts by feature and bin, bounded."""

    def __init__(
        self, edges: Mapping[str, Sequence[float]] = EDGES, baseline: int = 2_000, window: int = 1_000
    ) -> None:
        self._edges = edges
        self._left = baseline
        self._expected = {name: Counter[int]() for name in edges}
        self._recent: dict[str, deque[int]] = {name: deque(maxlen=window) for name in edges}
        self._window = window

    def add(self, read: Mapping[str, float]) -> None:
        """One reading: a value for each feature."""
        learning = self._left > 0
        self._left -= learning
        for name, edges in self._edges.items():
            place = bisect_right(edges, read[name])
            if learning:
                self._expected[name][place] += 1
            else:
                self._recent[name].append(place)

    def psi(self, name: str) -> float:
        """Of one feature; 0 until there is a whole window beside the baseline."""
        if len(self._recent[name]) < self._window:
            return 0.0
        return stability(self._expected[name], Counter(self._recent[name]), len(self._edges[name]) + 1)


def stability(expected: Counter[int], found: Counter[int], bins: int) -> float:
    """PSI of two counts; half a count in each bin keeps an empty one finite."""
    whole, part = expected.total() + bins / 2, found.total() + bins / 2
    shares = (((found[place] + 0.5) / part, (expected[place] + 0.5) / whole) for place in range(bins))
    return sum((p - q) * math.log(p / q) for p, q in shares)
