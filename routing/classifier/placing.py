"""Where a model without training rows stands on the scale of difficulty: item response theory with two parameters.

A model has an ability θ and a slope a: logit P(good) = a·(x − c) + c + θ, where x is the scale's logit of the prompt
and c its constant, so that θ is how far above the small reference model it stands on a prompt that the scale knows
nothing of. Its tier, or a declared quality, is the prior; scored answers move both; the line is the mode of what then
is believed. Without answers it stands where the prior does, with hundreds it is Platt's line of the answers, and where
its answers do not follow the scale the slope falls, towards a constant. Chosen by measurement
(docs/routing-quality.md).
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from routing.catalog import Tier
from routing.classifier.heads import Heads, Line
from routing.classifier.logistic import Vector, minimum, sigmoid

SLOPE_SPREAD, ABILITY_SPREAD = 0.5, 1.0
"""Standard deviations of models about the prior: assumed, and wide."""
FLATTEST = 0.05


class Answer(Struct, frozen=True):
    """How good (0..1) an answer was to a prompt that is worth logit `offset` + `slope` · a + `step` · θ."""

    good: float
    offset: float
    slope: float
    step: float = 1.0


def tier_line(heads: Heads, tier: Tier) -> Line:
    """Where a model of this tier is taken to stand. The demo model has a head of its own; a stranger in its tier is
    taken for a small model."""
    lines = {"medium": heads.medium(), "strong": heads.strong}
    return lines.get(tier, Line(1.0, 0.0))


def declared(heads: Heads, quality: float, tier: Tier = "medium") -> Line:
    """From a declared quality: P(good), between 0 and 1, on a prompt that the scale knows nothing of. The slope is its
    tier's. Raises ValueError for any other number."""
    if not 0.0 < quality < 1.0:
        raise ValueError("a quality is a probability between 0 and 1")
    slope = tier_line(heads, tier).slope
    return Line(slope, math.log(quality / (1.0 - quality)) - slope * heads.small.constant)


def ability(line: Line, constant: float) -> float:
    """θ of a model on that line."""
    return line.slope * constant + line.shift - constant


def read(logit: float, good: float, constant: float) -> Answer:
    """An answer to a prompt with this logit of the scale."""
    return Answer(good, constant, logit - constant)


def place(answers: Sequence[Answer], prior: Line, constant: float) -> Line:
    """The more answers, the less the prior counts."""
    good, offset, slopes, steps = np.array([[a.good, a.offset, a.slope, a.step] for a in answers]).reshape(-1, 4).T
    mean = np.array([prior.slope, ability(prior, constant)])
    spread = np.array([SLOPE_SPREAD, ABILITY_SPREAD])

    def slope(point: Vector) -> tuple[float, Vector]:
        logits, off = offset + point[0] * slopes + point[1] * steps, (point - mean) / spread
        loss = float(np.logaddexp(0.0, logits).sum() - good @ logits + 0.5 * off @ off)
        wrong = sigmoid(logits) - good
        return loss, np.array([wrong @ slopes, wrong @ steps]) + off / spread

    steepness, stands = minimum(slope, mean).tolist()
    steepness = max(steepness, FLATTEST)
    return Line(steepness, stands + constant - steepness * constant)
