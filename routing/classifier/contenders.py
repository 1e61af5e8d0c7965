"""The routers of the table: what needs no training, what ships, and what is trained on other folds of the same rows."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from routing.classifier.evaluate import Router, beside
from routing.classifier.features import features
from routing.classifier.fitting import Row, out_of_fold
from routing.classifier.heads import Heads, probability
from routing.classifier.labels import Labels
from routing.classifier.logistic import Sparse, Vector, fit, sigmoid
from routing.classifier.neighbours import Neighbours, hashed
from routing.classifier.rows import Outcome, user
from routing.classifier.train import SMALL, crossed, folds

SEEDS = 200
ENCODER_L2 = 0.3
NOTHING, DOLLY = "nothing", "Dolly categories (no outcomes)"


class Sourced(Outcome, frozen=True):
    """An outcome that says what it is about, for folds that leave whole subjects out."""

    domain: str = ""


Folds = Sequence[Sequence[int]]
Learner = Callable[[Sequence[int]], Vector]
"""From a fold for each row to out-of-fold logits of the weak model's answer being good."""


def untrained(outcomes: Sequence[Outcome], labels: Labels) -> Iterator[Router]:
    """Random, prompt length, the rules by task type."""
    draws = [np.random.default_rng(seed).random(len(outcomes)) for seed in range(SEEDS)]
    yield Router(f"random ({SEEDS} seeds)", NOTHING, draws)
    yield Router("prompt length", NOTHING, [np.array([float(len(outcome.prompt)) for outcome in outcomes])])
    read = [labels.read(outcome.prompt) for outcome in outcomes]
    hard = np.array([one.tasks["code"] + one.tasks["math"] for one in read])
    slow = np.array([one.confidence if one.label else 1.0 - one.confidence for one in read])
    yield Router("task rule: code and math are hard", DOLLY, [hard])
    yield Router("S2's label: the slow path is hard", DOLLY, [slow])


def oracle(outcomes: Sequence[Outcome]) -> Router:
    """What no router can exceed."""
    weak, strong = beside(outcomes)
    return Router("oracle", "the answers themselves", [strong - weak])


def shipped_scale(outcomes: Sequence[Outcome], heads: Heads) -> Router:
    """The heads as they ship, by the gain that the strong model promises."""
    logits = np.array([heads.small.read(features(user(outcome.prompt)))[0] for outcome in outcomes])
    gains = np.array([heads.strong.at(logit) - probability(logit) for logit in logits.tolist()])
    return Router("difficulty scale, as shipped", "1,530 MMLU rows", [gains], [sigmoid(logits)])


def splits(outcomes: Sequence[Outcome], repeats: int) -> Folds:
    """Five folds, repeated with other ones."""
    return [folds(len(outcomes), seed) for seed in range(repeats)]


def left_out(outcomes: Sequence[Sourced], repeats: int) -> Folds:
    """Folds of whole subjects."""
    subjects = sorted({outcome.domain for outcome in outcomes})
    its = [dict(zip(subjects, folds(len(subjects), seed), strict=True)) for seed in range(repeats)]
    return [[fold[outcome.domain] for outcome in outcomes] for fold in its]


def learned(name: str, learner: Learner, weak: Vector, each: Folds, trained: str = "other folds") -> Router:
    """By the weak model's failure; its probability through a line that was fitted to other rows."""
    read = [learner(fold) for fold in each]
    parts = [np.array(folds(len(weak), 1_000 + seed)) for seed in range(len(each))]
    good = [crossed(one, weak, its) for one, its in zip(read, parts, strict=True)]
    return Router(name, trained, [-one for one in read], good)


def hashed_linear(outcomes: Sequence[Outcome], good: Vector) -> Learner:
    """The shipped recipe; `good` is the outcome that is learned."""
    rows = [Row(features(user(outcome.prompt)), one) for outcome, one in zip(outcomes, good.tolist(), strict=True)]
    return lambda fold: out_of_fold(rows, SMALL, fold)


def difference(outcomes: Sequence[Outcome], weak: Sequence[Vector], each: Folds) -> Router:
    """The gain of two heads: one for the weak model (its logits by seed), one of the strong model's own."""
    strong = hashed_linear(outcomes, beside(outcomes)[1])
    gains = [sigmoid(strong(fold)) - sigmoid(logits) for fold, logits in zip(each, weak, strict=True)]
    return Router("hashed linear, difference of two heads", "other folds", gains)


def neighbours(vectors: Vector, good: Vector, nearest: int = 100) -> Learner:
    """kNN over (rows, dimensions) of length 1."""

    def read(fold: Sequence[int]) -> Vector:
        found, its = np.empty(len(good)), np.asarray(fold)
        for out in np.unique(its):
            known = Neighbours(int((its != out).sum()), vectors.shape[1], nearest)
            for place in np.flatnonzero(its != out).tolist():
                known.add(vectors[place].astype(np.float32), float(good[place]))
            for place in np.flatnonzero(its == out).tolist():
                found[place] = known.read(vectors[place].astype(np.float32))[0]
        found = found.clip(0.01, 0.99)
        return np.asarray(np.log(found / (1.0 - found)))

    return read


def hashed_vectors(outcomes: Sequence[Outcome]) -> Vector:
    """(rows, DIMENSIONS)"""
    return np.stack([hashed(features(user(outcome.prompt))) for outcome in outcomes]).astype(np.float64)


def frozen(vectors: Vector, good: Vector) -> Learner:
    """Logistic regression on an encoder's embeddings, (rows, dimensions) of length 1."""

    def read(fold: Sequence[int]) -> Vector:
        found, its = np.empty(len(good)), np.asarray(fold)
        for out in np.unique(its):
            weights = fit(_dense(vectors[its != out]), good[its != out], ENCODER_L2)
            found[its == out] = _dense(vectors[its == out]).times(weights)
        return found

    return read


def averaged(learners: Sequence[Learner]) -> Learner:
    """The mean of their logits."""
    return lambda fold: np.asarray(np.mean([learner(fold) for learner in learners], axis=0))


def remembered(learner: Learner) -> Learner:
    """The same answer for the same folds, without learning again."""
    known: dict[tuple[int, ...], Vector] = {}

    def read(fold: Sequence[int]) -> Vector:
        key = tuple(fold)
        if key not in known:
            known[key] = learner(fold)
        return known[key]

    return read


def _dense(vectors: Vector) -> Sparse:
    empty = np.empty(0, np.int64)
    return Sparse(empty, empty, np.empty(0), vectors, 0)
