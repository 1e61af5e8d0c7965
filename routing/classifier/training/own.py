"""A user's own heads from outcome rows of own models, in seconds, with numpy alone; and what they are worth.

The weak model's failures become the scale of difficulty; every other model is a line on it, as in the shipped heads.
Figures are of rows that the heads were not fitted to: five folds, prompts that are the same kept together.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from routing.classifier.features import features
from routing.classifier.fitting import Recipe, Row, calibrated, line, logits, out_of_fold, train
from routing.classifier.heads import Head, Heads, Line, save
from routing.classifier.logistic import Vector, sigmoid
from routing.classifier.rows import user
from routing.classifier.training.answered import Answered, BadRows, pair, scored_by
from routing.classifier.training.folder import HEADS, RECORD, Placed, Record
from routing.classifier.training.worth import Report, compared

PENALTIES = (1.0, 0.3, 0.1)
"""Which of them suits the rows is chosen by the log loss out of fold."""
LEAST = 50
FOLDS = 5


class Own(Struct, frozen=True):
    """Heads of one's own: the scale, the strong model's line on it, every model's line, and the report; `recipe` is
    what was chosen for the scale."""

    small: Head
    strong: Line
    models: dict[str, Placed]
    pair: tuple[str, str]
    report: Report
    recipe: Recipe


def fit(
    answered: Sequence[Answered], default: Heads, seed: int = 0, weak: str | None = None, strong: str | None = None
) -> Own:
    """Fit to these rows; `default` is what the report compares with. Raises BadRows."""
    names = pair(answered, weak, strong)
    both = scored_by(answered, *names)
    rows = [Row(features(user(row.prompt)), row.scores[names[0]]) for row in both]
    good = np.array([row.good for row in rows])
    right = np.array([row.scores[names[1]] for row in both])
    _check(names, good, right)
    folds = grouped_folds([row.prompt for row in both], seed)
    recipe, read = _chosen(rows, good, folds)
    own = line(read, good)
    lifted = doubted(own.slope * read + own.shift, right)
    head = calibrated(train(rows, recipe), own)
    placed = {name: _placed(answered, name, head, names[0]) for name in _others(answered, names)}
    models = {names[0]: Placed(1.0, 0.0, len(rows)), names[1]: Placed(lifted.slope, lifted.shift, len(rows))} | placed
    report = compared([row.prompt for row in both], good, right, read, _default(default, rows), seed)
    return Own(head, lifted, models, names, report, recipe)


def write(own: Own, default: Heads, folder: Path) -> Record:
    """Write the folder that `routing: heads:` names; the demo model's head comes over from the default's."""
    folder.mkdir(parents=True, exist_ok=True)
    save(own.small, own.strong, default.demo, folder / HEADS)
    report: dict[str, Any] = msgspec.to_builtins(own.report)
    record = Record(sha256((folder / HEADS).read_bytes()).hexdigest(), *own.pair, own.models, report)
    (folder / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    return record


def grouped_folds(prompts: Sequence[str], seed: int) -> list[int]:
    """A fold for each prompt, by its words: the same prompt never stands on both sides."""
    kinds = {" ".join(prompt.lower().split()): None for prompt in prompts}
    order = np.random.default_rng(seed).permutation(len(kinds)) % FOLDS
    its = dict(zip(kinds, order.tolist(), strict=True))
    return [its[" ".join(prompt.lower().split())] for prompt in prompts]


def _check(names: tuple[str, str], good: Vector, right: Vector) -> None:
    if len(good) < LEAST:
        raise BadRows(f"{len(good)} rows score both {names[0]} and {names[1]}; at least {LEAST} are needed")
    if min(good.sum(), (1 - good).sum()) < FOLDS:
        raise BadRows(f"{names[0]} is nearly always right, or nearly never: there is nothing to choose by")
    if right.mean() <= good.mean():
        raise BadRows(f"{names[1]} is not better than {names[0]} on the rows that score both")


def _chosen(rows: Sequence[Row], good: Vector, folds: Sequence[int]) -> tuple[Recipe, Vector]:
    """The recipe with the least log loss out of fold, and its logits there."""
    tried = []
    for penalty in PENALTIES:
        recipe = Recipe(l2=penalty, dense=0.3)
        read = out_of_fold(rows, recipe, folds)
        by = line(read, good)
        lifted = by.slope * read + by.shift
        tried.append((float((np.logaddexp(0.0, lifted) - good * lifted).mean()), recipe, read))
    _, recipe, read = min(tried, key=lambda one: one[0])
    return recipe, read


def doubted(read: Vector, good: Vector) -> Line:
    """The line of these outcomes and of one more of each kind: no model is always right because it was on our rows."""
    middle = float(read.mean())
    return line(np.append(read, (middle, middle)), np.append(good, (0.0, 1.0)))


def _others(answered: Sequence[Answered], names: tuple[str, str]) -> list[str]:
    counts: dict[str, int] = {}
    for row in scored_by(answered, names[0]):
        for name in row.scores:
            counts[name] = counts.get(name, 0) + 1
    return [name for name, count in counts.items() if name not in names and count >= LEAST]


def _placed(answered: Sequence[Answered], name: str, head: Head, weak: str) -> Placed:
    """Another model's line. The head has seen some of these prompts, so the line leans on its slope a little much."""
    its = [row for row in scored_by(answered, name)]
    read = logits(head, [Row(features(user(row.prompt)), row.scores[name]) for row in its])
    found = doubted(read, np.array([row.scores[name] for row in its]))
    return Placed(found.slope, found.shift, len(its))


def _default(default: Heads, rows: Sequence[Row]) -> tuple[Vector, Vector]:
    """(P(small is good), P(strong is good)) as the default heads have them."""
    read = logits(default.small, rows)
    return sigmoid(read), np.array([default.strong.at(float(logit)) for logit in read])
