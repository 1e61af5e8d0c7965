"""Each model that we have outcomes of, left out and placed by a few of its answers: which way of placing is best.

The scale is learned without the model (out of fold, from another model's outcomes), its answers are drawn by chance,
and all that was not drawn is predicted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random
from types import MappingProxyType

import numpy as np
from msgspec import Struct

from routing.classifier import placing
from routing.classifier.evaluation import benchmark, contenders, protocol
from routing.classifier.features import Features, features
from routing.classifier.fitting import Row, line, train
from routing.classifier.heads import Line
from routing.classifier.logistic import Vector, sigmoid
from routing.classifier.rows import DEMO, MMLU, Asked, read_rows, user
from routing.classifier.train import SMALL
from routing.signals import shipped

COUNTS = (0, 10, 30, 100, 300)
DRAWS, HEADS_DRAWN = 60, 5
DEMO_ROWS = 4_000
FEWEST = 30
"""Answers below which no head of its own is tried."""


class LeftOut(Struct, frozen=True):
    """A model's outcomes and what the scale, which knows nothing of the model, reads of the prompts: (rows,) each."""

    name: str
    seen: Sequence[Features]
    logits: Vector
    good: Vector


Place = Callable[[LeftOut, "np.ndarray[tuple[int], np.dtype[np.int64]]"], Vector]
"""From the rows that are scored to logits of all rows."""


def left_out() -> Iterator[LeftOut]:
    """The strong model on the weak one's scale, the weak on the strong one's, the demo model on the shipped scale."""
    bench = benchmark.read([MMLU])
    seen, (weak, strong) = protocol.read_all(bench), bench.good()
    (fold,) = contenders.splits(len(seen), 1)
    for name, others, its in (("strong", weak, strong), ("weak", strong, weak)):
        read = contenders.hashed_linear(seen, others)(fold)
        by = line(read, others)
        yield LeftOut(name, seen, by.slope * read + by.shift, its)
    rows = [row for row in read_rows(DEMO, Asked) if len(row.messages) == 1]
    Random(0).shuffle(rows)
    asked = [features(user(row.messages[0].text())) for row in rows[:DEMO_ROWS]]
    good = np.array([float(row.good) for row in rows[:DEMO_ROWS]])
    yield LeftOut("demo", asked, contenders.read_by(shipped().small, asked), good)


def two_parameters(model: LeftOut, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]", bent: float = 1.0) -> Vector:
    """As it is done; `bent` 0: the slope stays, and ability alone is learned."""
    constant = float(model.logits.mean())
    pairs = zip(model.logits[rows].tolist(), model.good[rows].tolist(), strict=True)
    if bent:
        found = placing.place([placing.read(*pair, constant) for pair in pairs], Line(1.0, 0.0), constant)
    else:
        answers = [placing.Answer(good, logit, 0.0) for logit, good in pairs]
        found = Line(1.0, placing.place(answers, Line(1.0, 0.0), 0.0).shift)
    return np.asarray(found.slope * model.logits + found.shift)


def constant(model: LeftOut, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Vector:
    """The share of good answers, for every prompt."""
    share = (model.good[rows].sum() + 1) / (len(rows) + 2)
    return np.full(len(model.good), np.log(share / (1 - share)))


def own_head(model: LeftOut, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Vector:
    """A head of its own from these answers alone: a column of a matrix that shares nothing but features."""
    head = train([Row(model.seen[at], model.good[at]) for at in rows.tolist()], SMALL)
    return contenders.read_by(head, model.seen)


WAYS: Mapping[str, Place] = MappingProxyType(
    {
        "ability and slope": two_parameters,
        "ability alone": partial(two_parameters, bent=0.0),
        "a constant": constant,
        "a head of its own": own_head,
    }
)


def tables() -> Iterator[str]:
    """Log loss on the rows that were not drawn, and how far the mean probability is from the share."""
    yield f"| model left out | answers | {' | '.join(WAYS)} |\n|---|---|{'---|' * len(WAYS)}"
    for model in left_out():
        for count in COUNTS:
            cells = (_told(model, count, way) for way in WAYS.values())
            yield f"| {model.name} | {count} | {' | '.join(cells)} |"
    yield ""


def _told(model: LeftOut, count: int, way: Place) -> str:
    if way is own_head and count < FEWEST:
        return "–"
    found = []
    for seed in range(HEADS_DRAWN if way is own_head else DRAWS):
        order = np.random.default_rng(seed).permutation(len(model.good))
        rows, others = order[:count], order[count:]
        logits, good = way(model, rows)[others], model.good[others]
        loss = float((np.logaddexp(0.0, logits) - good * logits).mean())
        found.append((loss, abs(float(sigmoid(logits).mean() - good.mean()))))
    loss, off = np.mean(found, axis=0).tolist()
    return f"{loss:.3f} / {off:.3f}"
