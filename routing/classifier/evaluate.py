"""From a router's scores to a line of the table: RouteLLM's figures, their spread over seeds and rows, calibration."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from routing.classifier.logistic import Vector
from routing.classifier.rows import Outcome
from routing.classifier.scores import Curve, brier_skill, calibration_error, curve

RESAMPLES = 300


class Router(Struct, frozen=True):
    """Scores of one router, (rows,) for each seed, the largest for the strong model; `trained` says on which rows;
    `good`: P(the weak model's answer is good), where it claims one, (rows,) for each seed."""

    name: str
    trained: str
    scores: Sequence[Vector]
    good: Sequence[Vector] = ()


class Figures(Struct, frozen=True):
    """`spread` is the standard deviation of APGR over seeds (0: nothing is drawn), `error` that over resampled rows;
    `low` and `high` bound the difference to prompt length on the same resamples, 95 %; calibration None: no claim."""

    name: str
    trained: str
    apgr: float
    spread: float
    error: float
    cpt50: float
    cpt80: float
    pgr20: float
    low: float
    high: float
    ece: float | None = None
    skill: float | None = None


def beside(outcomes: Sequence[Outcome]) -> tuple[Vector, Vector]:
    """(weak, strong) of each row."""
    weak = np.array([float(outcome.weak_correct) for outcome in outcomes])
    return weak, np.array([float(outcome.strong_correct) for outcome in outcomes])


def figures(router: Router, outcomes: Sequence[Outcome]) -> Figures:
    """Means over the seeds. Raises ValueError where there is no gap between the models."""
    weak, strong = beside(outcomes)
    curves = [curve(score, weak, strong) for score in router.scores]
    areas = [one.apgr() for one in curves]
    cpt50, cpt80, pgr20 = np.mean([_points(one) for one in curves], axis=0).tolist()
    lengths = np.array([float(len(outcome.prompt)) for outcome in outcomes])
    found = resampled((router.scores[0], lengths), weak, strong)
    low, high = np.percentile(found[:, 0] - found[:, 1], (2.5, 97.5)).tolist()
    error = float(found[:, 0].std())
    ece, skill = _calibration(router, weak)
    name, spread = router.name, float(np.std(areas))
    area = float(np.mean(areas))
    return Figures(name, router.trained, area, spread, error, cpt50, cpt80, pgr20, low, high, ece, skill)


def _points(one: Curve) -> tuple[float, float, float]:
    return one.calls_for(0.5), one.calls_for(0.8), one.recovered_at(0.2)


def _calibration(router: Router, weak: Vector) -> tuple[float | None, float | None]:
    if not router.good or not np.isin(weak, (0.0, 1.0)).all():  # a judge's score is no outcome of a probability
        return None, None
    eces = [calibration_error(found, weak) for found in router.good]
    return float(np.mean(eces)), float(np.mean([brier_skill(found, weak) for found in router.good]))


def resampled(scores: Sequence[Vector], weak: Vector, strong: Vector, seed: int = 0) -> Vector:
    """(RESAMPLES, scores): APGR of each on the same rows drawn with replacement; draws without a gap are left out."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(RESAMPLES):
        rows = rng.integers(0, len(weak), len(weak))
        if strong[rows].mean() > weak[rows].mean():
            found.append([curve(score[rows], weak[rows], strong[rows]).apgr() for score in scores])
    return np.array(found)
