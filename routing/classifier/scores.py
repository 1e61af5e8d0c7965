"""How good probabilities and routings are: calibration error, Brier skill, and RouteLLM's curve (arXiv 2406.18665)."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Vector = NDArray[np.float64]

BINS = 15


def calibration_error(probability: Vector, good: Vector) -> float:
    """ECE with 15 bins of equal width."""
    bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(bins, probability - good, BINS)
    return float(np.abs(gaps).sum() / len(good))


def brier_skill(probability: Vector, good: Vector) -> float:
    """1 − Brier score / that of the constant share of good rows: 0 knows nothing, 1 everything."""
    constant = float(((good.mean() - good) ** 2).mean())
    return 1.0 - float(((probability - good) ** 2).mean()) / constant if constant else 0.0


class Curve(Struct, frozen=True):
    """Quality as prompts go to the strong model, best first: `shares` of calls and `recovered` parts of the gap."""

    shares: Vector
    recovered: Vector

    def apgr(self) -> float:
        """The average part of the gap recovered: the area under the curve (random: 0.5)."""
        return float(np.trapezoid(self.recovered, self.shares))

    def calls_for(self, part: float) -> float:
        """The share of strong calls at which that part of the gap is first recovered (CPT)."""
        above = np.flatnonzero(self.recovered >= part)
        if not len(above):
            return math.nan
        last = int(above[0])
        if last == 0:
            return 0.0
        (x0, x1), (y0, y1) = self.shares[last - 1 : last + 1], self.recovered[last - 1 : last + 1]
        return float(x0 + (x1 - x0) * (part - y0) / (y1 - y0))

    def recovered_at(self, share: float) -> float:
        """The part of the gap recovered at that share of strong calls (PGR)."""
        return float(np.interp(share, self.shares, self.recovered))


def curve(score: Vector, weak: Vector, strong: Vector) -> Curve:
    """Route by falling score. Equal scores share their gain evenly, so that no order of the file matters.

    `weak` and `strong` are how good each model's answer was. Raises ValueError when there is no gap to recover.
    """
    gap = float(strong.mean() - weak.mean())
    if gap <= 0:
        raise ValueError("the strong model is not better than the weak one on these rows")
    values, group = np.unique(-score, return_inverse=True)
    sizes = np.bincount(group, minlength=len(values))
    gains = np.bincount(group, strong - weak, len(values))
    shares = np.concatenate(([0.0], np.cumsum(sizes) / len(score)))
    return Curve(shares, np.concatenate(([0.0], np.cumsum(gains) / len(score) / gap)))
