"""Where a model without training rows stands on the scale of difficulty: from a few scored answers, or as declared.

Bayesian: the tier's line is the prior (mean and spread of slope and shift), the answers move it; the line is the mode
of what then is believed. With no answers it is the tier's line, with hundreds it is Platt's line of the answers.
"""

import math
from collections.abc import Sequence

import numpy as np

from routing.catalog import Tier
from routing.classifier.features import features
from routing.classifier.heads import Heads, Line
from routing.classifier.logistic import Vector, minimum, sigmoid
from routing.classifier.rows import user

SLOPE_SPREAD, SHIFT_SPREAD = 0.25, 1.0
"""Standard deviations of models about their tier's line, in logits: assumed, and wide."""
FLATTEST = 0.05


def tier_line(heads: Heads, tier: Tier) -> Line:
    """Where a model of this tier is taken to stand. The demo model has a head of its own; a stranger in its tier is
    taken for a small model."""
    lines = {"medium": heads.medium(), "strong": heads.strong}
    return lines.get(tier, Line(1.0, 0.0))


def place(heads: Heads, scored: Sequence[tuple[str, float]], tier: Tier = "medium") -> Line:
    """From (prompt, how good its answer was: 0..1); the more of them, the less its tier counts."""
    prior = tier_line(heads, tier)
    logits = np.array([heads.small.read(features(user(prompt)))[0] for prompt, _ in scored])
    good = np.array([worth for _, worth in scored], dtype=np.float64)
    mean, spread = np.array([prior.slope, prior.shift]), np.array([SLOPE_SPREAD, SHIFT_SPREAD])

    def slope(point: Vector) -> tuple[float, Vector]:
        read, off = point[0] * logits + point[1], (point - mean) / spread
        loss = float(np.logaddexp(0.0, read).sum() - good @ read + 0.5 * off @ off)
        wrong = sigmoid(read) - good
        return loss, np.array([wrong @ logits, wrong.sum()]) + off / spread

    found = minimum(slope, mean)
    return Line(max(float(found[0]), FLATTEST), float(found[1]))


def declared(heads: Heads, ability: float, tier: Tier = "medium") -> Line:
    """From a declared ability: P(good), between 0 and 1, on a prompt that the scale knows nothing of. The slope is its
    tier's. Raises ValueError for any other number."""
    if not 0.0 < ability < 1.0:
        raise ValueError("an ability is a probability between 0 and 1")
    slope = tier_line(heads, tier).slope
    return Line(slope, math.log(ability / (1.0 - ability)) - slope * heads.small.constant)
