"""Train the heads that ship: one command, from the data that stand in the repository.

    python -m routing.classifier.train               (about a minute on one core)

`small` learns from 1,530 MMLU questions that a weaker and a stronger model answered; `strong` is a line on its logit;
both are calibrated on out-of-fold logits. `demo` learns from the demo model's own outcomes, with instructions of other
people as what it cannot do; it is calibrated on prompts that it was not trained on, and reported on a third part.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from msgspec import Struct

from routing.classifier.features import features
from routing.classifier.fitting import Recipe, Row, calibrated, line, logits, out_of_fold, train
from routing.classifier.heads import Head, Line, save
from routing.classifier.logistic import Vector, sigmoid
from routing.classifier.rows import DEMO, DOLLY, MMLU, Asked, Instruction, Outcome, Part, part, read_rows, user
from routing.classifier.scores import brier_skill, calibration_error

HEADS = Path(__file__).with_name("heads.npz")
RECORD = HEADS.with_suffix(".json")

SMALL = Recipe(l2=1.0, dense=0.3)
DEMO_HEAD = Recipe(l2=0.1, dense=0.3, unfamiliar=True, constant=0.02)
"""A prompt unlike anything that it was asked is not for it."""
FOLDS = 5
HIGH = 0.7


def folds(count: int, seed: int) -> list[int]:
    """A fold for each row."""
    order = [index % FOLDS for index in range(count)]
    Random(seed).shuffle(order)
    return order


def weak_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """What the difficulty scale is learned from."""
    return [Row(features(user(outcome.prompt)), float(outcome.weak_correct)) for outcome in outcomes]


class Reference(Struct, frozen=True):
    """The difficulty scale, the strong model's line on it, and the figures of both on rows they were not fitted to."""

    small: Head
    strong: Line
    weak_figures: dict[str, Any]
    strong_figures: dict[str, Any]


def reference(outcomes: Sequence[Outcome], seed: int = 1) -> Reference:
    """Fitted to all of these rows; calibrated and scored on out-of-fold logits."""
    rows, strong = weak_rows(outcomes), np.array([float(outcome.strong_correct) for outcome in outcomes])
    weak = np.array([row.good for row in rows])
    read = out_of_fold(rows, SMALL, folds(len(rows), seed))
    own = line(read, weak)
    lifted = line(own.slope * read + own.shift, strong)
    halves = np.array(folds(len(rows), seed + 1)) % 2
    found = [figures(crossed(read, good, halves), good) for good in (weak, strong)]
    return Reference(calibrated(train(rows, SMALL), own), lifted, *found)


def crossed(read: Vector, good: Vector, parts: "np.ndarray[Any, np.dtype[np.int64]]") -> Vector:
    """Probabilities of each part (halves, folds) through the line of the others."""
    found = np.empty(len(read))
    for out in np.unique(parts):
        its = line(read[parts != out], good[parts != out])
        found[parts == out] = sigmoid(its.slope * read[parts == out] + its.shift)
    return found


def demo_rows() -> Callable[[Part], list[Row]]:
    """The rows of each part: the model's own outcomes; instructions and questions of others count as not good."""
    asked = [(row.part(), row.messages, row.good) for row in read_rows(DEMO, Asked)]
    dolly = (prompt for row in read_rows(DOLLY, Instruction) for prompt in {row.prompt(), row.instruction})
    others = [*dolly, *(row.prompt for row in read_rows(MMLU, Outcome))]
    rows = [*asked, *((part(prompt), user(prompt), False) for prompt in others)]

    def of(wanted: Part) -> list[Row]:
        return [Row(features(messages), float(good)) for its, messages, good in rows if its == wanted]

    return of


def demo(rows: Callable[[Part], list[Row]]) -> tuple[Head, dict[str, Any]]:
    """The demo model's head."""
    head, held = train(rows("train"), DEMO_HEAD), rows("calibrate")
    head = calibrated(
        head, line(np.array([head.logit(row.features) for row in held]), np.array([r.good for r in held]))
    )
    unseen = rows("evaluate")
    good, found = np.array([row.good for row in unseen]), sigmoid(logits(head, unseen))
    shares = {
        "high_of_good": round(float((found[good > 0.5] >= HIGH).mean()), 4),
        "low_of_not_good": round(float((found[good < 0.5] < HIGH).mean()), 4),
    }
    return head, figures(found, good) | shares


def figures(probability: Vector, good: Vector) -> dict[str, Any]:
    """What a record says of a head."""
    return {
        "rows": len(good),
        "good": round(float(good.mean()), 4),
        "ece": round(calibration_error(probability, good), 4),
        "brier_skill": round(brier_skill(probability, good), 4),
    }


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """sha256 by file name."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in paths}


def main() -> None:
    """Train all heads and write them with their record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HEADS)
    out, start = parser.parse_args().out, time.monotonic()
    scale = reference(read_rows(MMLU, Outcome))
    demo_head, demo_figures = demo(demo_rows())
    save(scale.small, scale.strong, demo_head, out)
    record = {
        "heads": digests([out])[out.name],
        "data": digests((MMLU, DOLLY, DEMO)),
        "outcomes": json.loads(DEMO.with_name("outcomes.json").read_text()),
        "unseen": {"small": scale.weak_figures, "strong": scale.strong_figures, "demo": demo_figures},
    }
    out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record["unseen"], indent=1), f"\n{out.stat().st_size:,} bytes, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
