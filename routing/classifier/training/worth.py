"""What own heads are worth beside the default, on rows that neither was fitted to."""

import numpy as np
from msgspec import Struct

from routing.classifier.evaluation.figures import resampled
from routing.classifier.logistic import Vector
from routing.classifier.scores import brier_skill, calibration_error, curve
from routing.classifier.train import crossed


class Figures(Struct, frozen=True):
    """A router's line of the table; calibration where it gives probabilities of the weak model's answer being good."""

    name: str
    apgr: float
    cpt50: float
    cpt80: float
    pgr20: float
    ece: float | None = None
    brier_skill: float | None = None


class Report(Struct, frozen=True):
    """`gained`: APGR of the own heads less the default's; `low` and `high`: its 95 % bootstrap interval over rows."""

    rows: int
    weak: float
    strong: float
    routers: tuple[Figures, ...]
    gained: float
    low: float
    high: float

    def better(self) -> bool:
        """Whether the own heads are shown to be better than the default."""
        return self.low > 0


def compared(
    prompts: list[str], weak: Vector, strong: Vector, read: Vector, default: tuple[Vector, Vector], seed: int
) -> Report:
    """`read` are out-of-fold logits of the weak model's answer being good; `default` the default's P(small), P(strong).

    Each of weak, strong, read and default is (rows,).
    """
    rng = np.random.default_rng(seed)
    own, halves = -read, rng.permutation(len(weak)) % 2
    theirs = default[1] - default[0]
    scores = {"random": rng.random(len(weak)), "prompt length": np.array([float(len(text)) for text in prompts])}
    lines = [figures(name, score, weak, strong) for name, score in scores.items()]
    lines[0] = Figures("random (expected)", 0.5, 0.5, 0.8, 0.2)
    lines.append(figures("default heads", theirs, weak, strong, default[0]))
    lines.append(figures("own heads, out of fold", own, weak, strong, crossed(read, weak, halves)))
    lines.append(figures("oracle", strong - weak, weak, strong))
    drawn = resampled((own, theirs), weak, strong, seed)
    low, high = np.percentile(drawn[:, 0] - drawn[:, 1], (2.5, 97.5)).tolist()
    gained = lines[3].apgr - lines[2].apgr
    return Report(len(weak), float(weak.mean()), float(strong.mean()), tuple(lines), gained, low, high)


def figures(name: str, score: Vector, weak: Vector, strong: Vector, probability: Vector | None = None) -> Figures:
    """Route by falling score."""
    found = curve(score, weak, strong)
    line_of = Figures(name, found.apgr(), found.calls_for(0.5), found.calls_for(0.8), found.recovered_at(0.2))
    if probability is None:
        return line_of
    ece, skill = calibration_error(probability, weak), brier_skill(probability, weak)
    return Figures(name, line_of.apgr, line_of.cpt50, line_of.cpt80, line_of.pgr20, ece, skill)
