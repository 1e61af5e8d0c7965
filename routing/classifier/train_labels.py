"""Train the informational heads that ship: task type and S2's label, from Dolly and generated prompts.

    python -m routing.classifier.train_labels            (a minute or two on one core)

Dolly's rows are split by the words of their instruction (70 % train, 15 % calibrate, 15 % evaluate). Each is read as a
user would send it, and those that have a context once more without. The label learns from Dolly alone,
because S2 defines it by Dolly's categories; the three generated tasks are evaluated on ways of saying that were kept
back.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from routing.classifier.features import SURFACE, Features, features
from routing.classifier.kinds import WAYS, Side, written
from routing.classifier.labels import SHIPPED, SLOW, TASKS, WIDTH, Weights, columns, dense, load, save, softmax
from routing.classifier.logistic import Sparse, Vector, fit, sigmoid, sparse
from routing.classifier.rows import DOLLY, Instruction, Part, part, read_rows, user
from routing.classifier.scores import brier_skill, calibration_error
from routing.classifier.train import digests

RECORD = SHIPPED.with_suffix(".json")
L2, DENSE_SCALE = 0.3, 0.3
GENERATED = 1_200
"""Prompts of each generated kind."""
DOUBT = 0.3
"""S2 serves label 0 only where P(label 1) is below this: its confidence threshold is 0.7, and doubt goes to label 1."""
_PASTED = 2 * len(SURFACE)
"""The row of `Weights.dense` that is 1 beside pasted text."""


class Categorised(Instruction, frozen=True):
    """A row of Dolly with its category."""

    category: str | None = None


class Task(Struct, frozen=True):
    """A prompt's features, its task's place in TASKS, and whether it comes from Dolly."""

    seen: Features
    task: int
    dolly: bool = True


Dolly = Sequence[Categorised]
Matrix = NDArray[np.float64]


def labelled(rows: Dolly, wanted: Part) -> list[Categorised]:
    """Those of a part that have a category."""
    return [row for row in rows if row.category and part(row.instruction) == wanted]


def whole(rows: Dolly) -> list[Task]:
    """As a user would send them."""
    return [Task(features(user(row.prompt())), TASKS.index(row.category or "")) for row in rows]


def bare(rows: Dolly, with_context_only: bool = False) -> list[Task]:
    """The instruction alone."""
    kept = [row for row in rows if row.context or not with_context_only]
    return [Task(features(user(row.instruction)), TASKS.index(row.category or "")) for row in kept]


def generated(side: Side, count: int = GENERATED) -> list[Task]:
    """Code, mathematics, translation."""
    return [
        Task(features(user(text)), TASKS.index(kind), dolly=False)
        for kind in WAYS
        for text in dict.fromkeys(written(kind, side, count))
    ]


def trained(rows: Sequence[Task]) -> Weights:
    """Each column by itself against all others, not calibrated yet."""
    surface = np.stack([row.seen.surface for row in rows])
    deviation = surface.std(axis=0)
    mean = surface.mean(axis=0).astype(np.float32)
    scale = np.where(deviation > 1e-4, 1.0 / np.maximum(deviation, 1e-4), 0.0).astype(np.float32)
    tasks, own = np.array([row.task for row in rows]), np.array([row.dolly for row in rows])
    fits = [_column(rows, (tasks == task).astype(np.float64), mean, scale) for task in range(len(TASKS))]
    dollys = [row for row in rows if row.dolly]
    fits.append(_column(dollys, slow(tasks[own]), mean, scale))
    found = np.stack(fits, axis=1).astype(np.float32)
    return Weights(found[:WIDTH], found[WIDTH:-1] * np.float32(DENSE_SCALE), found[-1], mean, scale)


def _column(rows: Sequence[Task], good: Vector, mean: NDArray[np.float32], scale: NDArray[np.float32]) -> Vector:
    ids = [columns(row.seen) for row in rows]
    entries = [(its, np.full(len(its), 1.0 / np.sqrt(max(len(its), 1)))) for its in ids]
    block = np.stack([dense(row.seen, mean, scale) for row in rows]).astype(np.float64)
    return fit(sparse(entries, block * DENSE_SCALE, WIDTH), good, L2)


def slow(tasks: NDArray[np.int64]) -> Vector:
    """1 where S2 says label 1."""
    return np.isin(tasks, [TASKS.index(name) for name in SLOW]).astype(np.float64)


def read(weights: Weights, rows: Sequence[Task]) -> Matrix:
    """(rows, columns): logits."""
    return np.stack([weights.logits(row.seen) for row in rows])


def calibrated(weights: Weights, rows: Sequence[Task]) -> Weights:
    """One temperature for the tasks; for the label Platt's line with a shift of its own beside pasted text. Both are
    folded into the weights."""
    logits, tasks = read(weights, rows), np.array([row.task for row in rows])
    own, pasted = np.array([row.dolly for row in rows]), np.array([beside_paste(row) for row in rows])
    slope, beside, shift = _platt(logits[own, -1], pasted[own], slow(tasks[own]))
    factors = np.full(len(TASKS) + 1, _temperature(logits[:, :-1], tasks), dtype=np.float32)
    factors[-1] = slope
    moved, bias = weights.dense * factors, weights.bias * factors
    moved[_PASTED, -1] += beside
    bias[-1] += shift
    return structs.replace(weights, grams=weights.grams * factors, dense=moved, bias=bias)


def beside_paste(row: Task) -> bool:
    """Whether more than one line was sent: what tells a prompt with a context from one without."""
    return bool(row.seen.surface[SURFACE.index("lines")] > 0)


def _platt(logits: Vector, pasted: NDArray[np.bool_], ones: Vector) -> tuple[float, float, float]:
    """Slope, shift beside pasted text, shift everywhere: the logistic regression of labels on what was read."""
    empty = np.empty(0, np.int64)
    found = fit(Sparse(empty, empty, np.empty(0), np.stack([logits, pasted], axis=1), 0), ones, 1e-3)
    slope, beside, shift = found.tolist()
    return slope, beside, shift


def _temperature(logits: Matrix, tasks: NDArray[np.int64]) -> float:
    """The factor on the logits with the least log loss."""

    def loss(factor: float) -> float:
        return float(-np.log(softmax(factor * logits)[np.arange(len(tasks)), tasks] + 1e-12).mean())

    return float(min(np.geomspace(0.25, 4.0, 81), key=loss))


def figures(weights: Weights, rows: Sequence[Task], names: Sequence[str] = TASKS[:8]) -> dict[str, Any]:
    """On rows that the heads never saw: tasks among all that there are, the label, and how calibrated both are."""
    logits, tasks = read(weights, rows), np.array([row.task for row in rows])
    chances = softmax(logits[:, :-1])
    chosen, top = chances.argmax(axis=1), chances.max(axis=1)
    ones, said = slow(tasks), sigmoid(logits[:, -1])
    return {
        "rows": len(rows),
        "tasks_accuracy": round(float((chosen == tasks).mean()), 4),
        "tasks_ece": round(calibration_error(top, (chosen == tasks).astype(np.float64)), 4),
        "recall": {
            name: round(float((chosen == tasks)[tasks == TASKS.index(name)].mean()), 3)
            for name in names
            if TASKS.index(name) in tasks
        },
        "label_accuracy": round(float(((said >= 0.5) == (ones > 0)).mean()), 4),
        "label_accuracy_as_served": round(float(((said > DOUBT) == (ones > 0)).mean()), 4),
        "label_ece": round(calibration_error(said, ones), 4),
        "label_brier_skill": round(brier_skill(said, ones), 4),
    }


def make(rows: Dolly) -> Weights:
    """The calibrated heads."""
    learned, held = labelled(rows, "train"), labelled(rows, "calibrate")
    found = trained([*whole(learned), *bare(learned, with_context_only=True), *generated("train")])
    return calibrated(found, [*whole(held), *bare(held, with_context_only=True)])


def measured(weights: Weights, rows: Dolly) -> dict[str, Any]:
    """On the last part, by what was sent. In Dolly as it stands, four of five prompts without a context are of label 1;
    nobody sees in a prompt whether one was left away, so the chances of such are those of `instruction_only`."""
    unseen = labelled(rows, "evaluate")
    own = figures(weights, generated("evaluate", 200), tuple(WAYS))
    contexts = [row for row in unseen if row.context]
    return {
        "with_a_context": figures(weights, whole(contexts)),
        "instruction_only": figures(weights, bare(unseen)),
        "both": figures(weights, [*whole(unseen), *bare(unseen, with_context_only=True)]),
        "dolly_as_it_stands": figures(weights, whole(unseen)),
        "generated": {name: own[name] for name in ("rows", "tasks_accuracy", "recall")},
    }


def main() -> None:
    """Train, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    out, start = parser.parse_args().out, time.monotonic()
    rows = read_rows(DOLLY, Categorised)
    save(make(rows), out)
    found = measured(load(out), rows)
    record = {"labels": digests([out])[out.name], "data": digests([DOLLY]), "surface": list(SURFACE), "unseen": found}
    out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(found, indent=1), f"\n{out.stat().st_size:,} bytes, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
