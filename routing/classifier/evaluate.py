"""Routers on outcome rows: random, prompt length, the difficulty scale, the oracle; each a line of a table."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from routing.classifier.features import features
from routing.classifier.fitting import out_of_fold
from routing.classifier.heads import Heads, probability
from routing.classifier.logistic import Vector
from routing.classifier.rows import Outcome, user
from routing.classifier.scores import Curve, curve
from routing.classifier.train import SMALL, folds, weak_rows

SEEDS = 200


class Line(Struct, frozen=True):
    """One router's figures; `spread` is the standard deviation of APGR over seeds, 0 for what has none."""

    name: str
    apgr: float
    cpt50: float
    cpt80: float
    pgr20: float
    spread: float = 0.0


def beside(outcomes: Sequence[Outcome]) -> tuple[Vector, Vector]:
    """(weak, strong) of each row."""
    weak = np.array([float(outcome.weak_correct) for outcome in outcomes])
    return weak, np.array([float(outcome.strong_correct) for outcome in outcomes])


def baselines(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """Random (the mean of its seeds), prompt length, the oracle. Raises ValueError when there is no gap."""
    weak, strong = beside(outcomes)
    draws = [np.random.default_rng(seed).random(len(outcomes)) for seed in range(SEEDS)]
    yield averaged(f"random ({SEEDS} seeds)", [curve(draw, weak, strong) for draw in draws])
    lengths = np.array([float(len(outcome.prompt)) for outcome in outcomes])
    yield averaged("prompt length", [curve(lengths, weak, strong)])
    yield averaged("oracle", [curve(strong - weak, weak, strong)])


def shipped_scores(outcomes: Sequence[Outcome], heads: Heads) -> Line:
    """The shipped scale: by the gain that the strong model promises."""
    weak, strong = beside(outcomes)
    score = np.array([gain(heads, outcome.prompt) for outcome in outcomes])
    return averaged("difficulty scale, shipped", [curve(score, weak, strong)])


def gain(heads: Heads, prompt: str) -> float:
    """P(strong is good) − P(small is good)."""
    logit, _ = heads.small.read(features(user(prompt)))
    return heads.strong.at(logit) - probability(logit)


def cross_validated(outcomes: Sequence[Outcome], repeats: int) -> Line:
    """The training recipe on rows that it was not trained on: five folds, repeated with other folds.

    The score is the weak model's failure; the gain would be a function of it alone.
    """
    weak, strong = beside(outcomes)
    rows = weak_rows(outcomes)
    read = [out_of_fold(rows, SMALL, folds(len(rows), seed)) for seed in range(repeats)]
    return averaged(f"difficulty scale, out of fold ({repeats} × 5)", [curve(-logit, weak, strong) for logit in read])


def averaged(name: str, curves: Sequence[Curve]) -> Line:
    """The mean of each figure over repeats."""
    areas = [found.apgr() for found in curves]
    figures = [(found.calls_for(0.5), found.calls_for(0.8), found.recovered_at(0.2)) for found in curves]
    cpt50, cpt80, pgr20 = np.mean(figures, axis=0).tolist()
    return Line(name, float(np.mean(areas)), cpt50, cpt80, pgr20, float(np.std(areas)))
