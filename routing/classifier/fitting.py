"""From rows to a head: counts of what was seen, logistic regression, calibration."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from routing.classifier.features import BUCKETS, SURFACE, Features, Ids
from routing.classifier.heads import Floats, Head, Line, channels, grams, standardised, unfamiliar
from routing.classifier.logistic import Sparse, Vector, fit, sparse

Counts = NDArray[np.int64]


class Row(Struct, frozen=True):
    """What a head learns from: a prompt's features, and whether the model's answer was good (or how good, 0..1)."""

    features: Features
    good: float


class Recipe(Struct, frozen=True):
    """How a head is trained. `dense` scales the dense features against the grams; `unfamiliar` lets it read what no
    well answered prompt held; `constant` is P(good) far from the data (None: the share of
    good rows)."""

    l2: float
    dense: float
    unfamiliar: bool = False
    constant: float | None = None


def train(rows: Sequence[Row], recipe: Recipe) -> Head:
    """A head that is not calibrated yet."""
    good = np.array([row.good for row in rows])
    spoken = _counts([row.features.words for row in rows])
    well_seen = _counts([grams(row.features) for row in rows if row.good > 0])
    dense = np.stack([_without_itself(row, well_seen) for row in rows])
    mean, scale = _moments(dense, recipe)
    weights = fit(_matrix(rows, standardised(dense, mean, scale) * recipe.dense), good, recipe.l2)
    constant = recipe.constant or float((good.sum() + 0.5) / (len(good) + 1))
    return Head(
        weights=weights[:BUCKETS].astype(np.float32),
        dense=(weights[BUCKETS:-1] * recipe.dense).astype(np.float32),
        mean=mean,
        scale=scale,
        bias=float(weights[-1]),
        constant=float(np.log(constant / (1.0 - constant))),
        known=spoken > 0,
        familiar=well_seen > 0,
    )


def _counts(held: Sequence[Ids]) -> Counts:
    """(BUCKETS,): how many of these hold the bucket."""
    return np.bincount(np.concatenate([*held, np.empty(0, np.uint32)]), minlength=BUCKETS)


def _without_itself(row: Row, seen: Counts) -> Floats:
    """The dense features as a new prompt would have them: what the row alone has seen is unfamiliar."""
    own = 1 if row.good > 0 else 0
    read = row.features
    words, pairs = (int((seen[ids] <= own).sum()) for ids in (read.words, read.pairs))
    return np.concatenate((read.surface, unfamiliar(read, words, pairs)))


def _moments(dense: Floats, recipe: Recipe) -> tuple[Floats, Floats]:
    mean, deviation = dense.mean(axis=0), dense.std(axis=0)
    scale = np.where(deviation > 1e-4, 1.0 / np.maximum(deviation, 1e-4), 0.0)
    if not recipe.unfamiliar:
        scale[len(SURFACE) :] = 0.0
    return mean.astype(np.float32), scale.astype(np.float32)


def _matrix(rows: Sequence[Row], dense: Floats) -> Sparse:
    entries = []
    for row in rows:
        parts = channels(row.features)
        lengths = [len(ids) for ids in parts]
        entries.append((np.concatenate(parts), 1.0 / np.sqrt(np.repeat(np.maximum(lengths, 1), lengths))))
    return sparse(entries, dense.astype(np.float64), BUCKETS)


def line(logits: Vector, good: Vector) -> Line:
    """Platt's line: the logistic regression of outcomes on the logits of rows that the head was not trained on."""
    empty = np.empty(0, np.int64)
    slope, shift = fit(Sparse(empty, empty, np.empty(0), logits[:, None], 0), good, 1e-3)
    return Line(max(float(slope), 0.05), float(shift))


def calibrated(head: Head, by: Line) -> Head:
    """The head with that line folded into its weights."""
    return structs.replace(
        head,
        weights=(head.weights * by.slope).astype(np.float32),
        dense=(head.dense * by.slope).astype(np.float32),
        bias=head.bias * by.slope + by.shift,
    )


def out_of_fold(rows: Sequence[Row], recipe: Recipe, folds: Sequence[int], most: int | None = None) -> Vector:
    """Logits of each row from a head that was trained on the other folds (on `most` rows of them at most, drawn by
    chance), shrunk as they are when it is used."""
    found, fold = np.empty(len(rows)), np.asarray(folds)
    for out in np.unique(fold):
        others = np.flatnonzero(fold != out)
        if most is not None and len(others) > most:
            others = np.sort(np.random.default_rng(int(out)).choice(others, most, replace=False))
        head = train([rows[at] for at in others.tolist()], recipe)
        for index in np.flatnonzero(fold == out).tolist():
            found[index] = head.read(rows[index].features)[0]
    return found


def logits(head: Head, rows: Sequence[Row]) -> Vector:
    """Of P(good), shrunk as they are when the head is used."""
    return np.array([head.read(row.features)[0] for row in rows])
