"""From a router's scores to a line of the table: RouteLLM's figures, their spread over seeds and rows, paired
differences to prompt length and to the default, calibration.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.logistic import Vector
from routing.classifier.scores import Curve, brier_skill, calibration_error, curve

RESAMPLES = 500
QUALITIES = (0.95, 0.99)


class Router(Struct, frozen=True):
    """Scores of one router, (rows,) for each seed, the largest for the strong model; `trained` says on which rows;
    `good`: P(the weak model's answer is good), where it claims one, (rows,) for each seed."""

    name: str
    trained: str
    scores: Sequence[Vector]
    good: Sequence[Vector] = ()


class Difference(Struct, frozen=True):
    """APGR less another router's on the same rows: the mean, its 95 % interval, and the two-sided p, all by bootstrap
    over rows."""

    mean: float
    low: float
    high: float
    p: float


class Figures(Struct, frozen=True):
    """`spread` is the standard deviation of APGR over seeds (0: nothing is drawn), `error` that over resampled rows;
    `cpt50`, `cpt80`: shares of strong calls (NaN: never); `pgr20`: gap recovered at 20 % strong; `local95`, `local99`:
    the largest share that the weak model may answer at that part of the strong model's quality; None: no claim."""

    name: str
    trained: str
    apgr: float
    spread: float
    error: float
    cpt50: float
    cpt80: float
    pgr20: float
    local95: float
    local99: float
    less_length: Difference
    less_default: Difference | None = None
    ece: float | None = None
    skill: float | None = None


def lengths(bench: Benchmark) -> Vector:
    """The baseline that needs no training."""
    return np.array([float(len(prompt)) for prompt in bench.prompts])


def figures(router: Router, bench: Benchmark, default: Vector | None = None) -> Figures:
    """Means over the seeds; `default` (rows,) are the scores to compare with besides length. Raises ValueError where
    there is no gap between the models."""
    weak, strong = bench.weak, bench.strong
    curves = [curve(score, weak, strong) for score in router.scores]
    areas = [one.apgr() for one in curves]
    cpt50, cpt80, pgr20, *local = np.mean([_points(one, bench) for one in curves], axis=0).tolist()
    beside = (router.scores[0], lengths(bench), *([] if default is None else [default]))
    found = resampled(beside, weak, strong)
    less = [difference(found[:, 0], found[:, at]) for at in range(1, len(beside))]
    ece, skill = _calibration(router, bench)
    return Figures(
        name=router.name,
        trained=router.trained,
        apgr=float(np.mean(areas)),
        spread=float(np.std(areas)),
        error=float(found[:, 0].std()),
        cpt50=cpt50,
        cpt80=cpt80,
        pgr20=pgr20,
        local95=local[0],
        local99=local[1],
        less_length=less[0],
        less_default=less[1] if default is not None else None,
        ece=ece,
        skill=skill,
    )


def _points(one: Curve, bench: Benchmark) -> tuple[float, ...]:
    weak, strong = float(bench.weak.mean()), float(bench.strong.mean())
    parts = ((quality * strong - weak) / (strong - weak) for quality in QUALITIES)
    local = (1.0 if part <= 0 else 1.0 - one.calls_for(part) for part in parts)
    return one.calls_for(0.5), one.calls_for(0.8), one.recovered_at(0.2), *local


def _calibration(router: Router, bench: Benchmark) -> tuple[float | None, float | None]:
    if not router.good or not bench.checked():  # a judge's score is no outcome of a probability
        return None, None
    ece = float(np.mean([calibration_error(found, bench.weak) for found in router.good]))
    if not bench.weak.std():  # always right, or never: there is no constant to beat
        return ece, None
    return ece, float(np.mean([brier_skill(found, bench.weak) for found in router.good]))


def difference(one: Vector, other: Vector) -> Difference:
    """Of two columns of resamples."""
    less = one - other
    low, high = np.percentile(less, (2.5, 97.5)).tolist()
    tail = min(int((less <= 0).sum()), int((less >= 0).sum()))
    return Difference(float(less.mean()), low, high, min(1.0, 2.0 * (tail + 1) / (len(less) + 1)))


def resampled(scores: Sequence[Vector], weak: Vector, strong: Vector, seed: int = 0) -> Vector:
    """(RESAMPLES, scores): APGR of each on the same rows drawn with replacement; draws without a gap are left out."""
    rng, found = np.random.default_rng(seed), []
    ordered = [_Order.of(score) for score in scores]
    for _ in range(RESAMPLES):
        drawn = np.bincount(rng.integers(0, len(weak), len(weak)), minlength=len(weak))
        gains = drawn * (strong - weak)
        if gains.sum() > 0:
            found.append([one.area(drawn, gains) for one in ordered])
    return np.array(found or [[0.5] * len(scores)])


class _Order(Struct, frozen=True):
    """Rows by falling score, and where the last of each equal ones stands."""

    rows: NDArray[np.int64]
    ends: NDArray[np.int64]

    @staticmethod
    def of(score: Vector) -> "_Order":
        rows = np.argsort(-score, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(score[rows])), len(rows) - 1)
        return _Order(rows, ends)

    def area(self, drawn: NDArray[np.int64], gains: Vector) -> float:
        """`scores.Curve.apgr` when each row counts as often as it was drawn."""
        shares = np.append(0.0, np.cumsum(drawn[self.rows])[self.ends] / len(drawn))
        recovered = np.append(0.0, np.cumsum(gains[self.rows])[self.ends] / gains.sum())
        return float(np.trapezoid(recovered, shares))
