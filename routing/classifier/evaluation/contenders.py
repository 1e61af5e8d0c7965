"""The routers of the table: what needs no training, what ships, and what is trained on other folds of the same rows."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.figures import Router, lengths
from routing.classifier.features import Features
from routing.classifier.fitting import Row, out_of_fold
from routing.classifier.heads import Head, Line
from routing.classifier.labels import Labels
from routing.classifier.logistic import Sparse, Vector, fit, sigmoid
from routing.classifier.neighbours import Neighbours, hashed
from routing.classifier.train import SMALL, crossed, folds

SEEDS = 200
ENCODER_L2 = 0.3
NOTHING, DOLLY = "nothing", "Dolly categories (no outcomes)"
MOST = 20_000
"""Rows that a learned router learns from at most, so that a large file takes minutes."""
REMEMBERED = 10_000
"""Outcomes that kNN stores at most."""
AT_ONCE = 512
"""Rows whose neighbours are looked for at once."""

Folds = Sequence[Sequence[int]]
Learner = Callable[[Sequence[int]], Vector]
"""From a fold for each row to out-of-fold logits of the weak model's answer being good."""


def untrained(bench: Benchmark, seen: Sequence[Features], labels: Labels) -> Iterator[Router]:
    """Random, prompt length, the rules by task type."""
    draws = [np.random.default_rng(seed).random(len(seen)) for seed in range(SEEDS)]
    yield Router(f"random ({SEEDS} seeds)", NOTHING, draws)
    yield Router("prompt length", NOTHING, [lengths(bench)])
    read = [labels.of(one, prompt) for one, prompt in zip(seen, bench.prompts, strict=True)]
    hard = np.array([one.tasks["code"] + one.tasks["math"] for one in read])
    slow = np.array([one.confidence if one.label else 1.0 - one.confidence for one in read])
    yield Router("task rule: code and math are hard", DOLLY, [hard])
    yield Router("S2's label: the slow path is hard", DOLLY, [slow])


def oracle(bench: Benchmark) -> Router:
    """What no router can exceed."""
    return Router("oracle", "the answers themselves", [bench.strong - bench.weak])


def scale(name: str, trained: str, logits: Vector, lines: tuple[Line, Line]) -> Router:
    """Heads by the gain that the strong model promises; `logits` (rows,) of the scale, `lines` of weak and strong."""
    weak, strong = (sigmoid(line.slope * logits + line.shift) for line in lines)
    return Router(name, trained, [strong - weak], [weak])


def read_by(head: Head, seen: Sequence[Features]) -> Vector:
    """(rows,): logits, shrunk far from the head's training data."""
    return np.array([head.read(one)[0] for one in seen])


def splits(rows: int, repeats: int) -> Folds:
    """Five folds, repeated with other ones."""
    return [folds(rows, seed) for seed in range(repeats)]


def left_out(sources: Sequence[str], repeats: int, alone: int = 10) -> Folds:
    """Each source a fold of its own while they are fewer than `alone`; of more, five folds of whole sources, repeated
    with other ones."""
    names = sorted(set(sources))
    if len(names) < alone:
        return [[names.index(source) for source in sources]]
    its = [dict(zip(names, folds(len(names), seed), strict=True)) for seed in range(repeats)]
    return [[fold[source] for source in sources] for fold in its]


def learned(
    name: str, learner: Learner, weak: Vector, each: Folds, trained: str = "other folds", parts: Folds | None = None
) -> Router:
    """By the weak model's failure; its probability through a line that was fitted to the other `parts` (other folds
    than the learner's own, where they are not given)."""
    read = [learner(fold) for fold in each]
    parts = parts or [folds(len(weak), 1_000 + seed) for seed in range(len(each))]
    good = [crossed(one, weak, np.array(its)) for one, its in zip(read, parts, strict=True)]
    return Router(name, trained, [-one for one in read], good)


def hashed_linear(seen: Sequence[Features], good: Vector) -> Learner:
    """The shipped recipe; `good` (rows,) is the outcome that is learned."""
    rows = [Row(one, its) for one, its in zip(seen, good.tolist(), strict=True)]
    return lambda fold: out_of_fold(rows, SMALL, fold, MOST)


def difference(name: str, weak: Learner, strong: Learner, each: Folds, trained: str = "other folds") -> Router:
    """The gain of two heads, one for each model."""
    return Router(name, trained, [sigmoid(strong(fold)) - sigmoid(weak(fold)) for fold in each])


def neighbours(vectors: NDArray[np.float32], good: Vector, nearest: int = 100) -> Learner:
    """kNN over (rows, dimensions) of length 1."""

    def read(fold: Sequence[int]) -> Vector:
        found, its = np.empty(len(good)), np.asarray(fold)
        for out in np.unique(its):
            others, asked = np.flatnonzero(its != out), np.flatnonzero(its == out)
            if len(others) > REMEMBERED:
                others = np.random.default_rng(int(out)).choice(others, REMEMBERED, replace=False)
            known = Neighbours(len(others), vectors.shape[1], nearest)
            known.extend(vectors[others], good[others])
            for at in range(0, len(asked), AT_ONCE):
                some = asked[at : at + AT_ONCE]
                found[some] = known.read_all(vectors[some])[0]
        found = found.clip(0.01, 0.99)
        return np.asarray(np.log(found / (1.0 - found)))

    return read


def hashed_vectors(seen: Sequence[Features]) -> NDArray[np.float32]:
    """(rows, DIMENSIONS)"""
    return np.stack([hashed(one) for one in seen])


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
