"""What an encoder learns from: texts with a distribution over classes, split by their words.

Rows of outcomes (`answered.py`) teach label 1 as often as the weak model is wrong; Dolly-style rows,
{"instruction", "context", "category"}, teach S2's label of their category, or the category itself. A pasted context
gives label 0 away, so such a row is shown twice, with and without it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from routing.classifier.labels import SLOW
from routing.classifier.rows import Part, part, read_rows
from routing.classifier.training.answered import Answered, BadRows, Scored, merged, pair, scored_by
from routing.classifier.training.settings import Target

LEAST = 20


class Example(Struct, frozen=True):
    """`share` (classes,): how much of each class the text is; `weak`, `strong`: what two models' answers were worth."""

    text: str
    share: tuple[float, ...]
    weak: float | None = None
    strong: float | None = None


class Examples(Struct, frozen=True):
    """`classes` by name, and the examples of each part: train; calibrate, which also says when to stop; evaluate."""

    classes: tuple[str, ...]
    parts: dict[Part, list[Example]]


class _Row(Scored, frozen=True, kw_only=True):
    prompt: str | None = None
    instruction: str | None = None
    context: str = ""
    category: str | None = None


def read(paths: Sequence[Path], target: Target) -> Examples:
    """All rows of all files. Raises BadRows, or OSError."""
    try:
        rows = [row for path in paths for row in read_rows(path, _Row)]
    except ValueError as error:
        raise BadRows(str(error)) from None
    sorted_in = [row for row in rows if row.instruction and row.category]
    outcomes = [] if target == "task" else list(_outcomes(rows))
    classes = tuple(sorted({row.category or "" for row in sorted_in})) if target == "task" else ("0", "1")
    found = [*outcomes, *(example for row in sorted_in for example in _of_category(row, classes, target))]
    return split(found, classes)


def split(found: Sequence[Example], classes: tuple[str, ...]) -> Examples:
    """By the words of each text. Raises BadRows where too little is left to learn from."""
    parts: dict[Part, list[Example]] = {"train": [], "calibrate": [], "evaluate": []}
    for example in found:
        parts[part(example.text)].append(example)
    if min(map(len, parts.values())) < LEAST:
        sizes = ", ".join(f"{name} {len(examples)}" for name, examples in parts.items())
        raise BadRows(f"{len(found)} examples are too few: of each part at least {LEAST} are needed ({sizes})")
    seen = Counter(at for example in parts["train"] for at, share in enumerate(example.share) if share > 0)
    if len(classes) < 2 or len(seen) < len(classes):
        raise BadRows("the training rows hold one class only: there is nothing to tell apart")
    return Examples(classes, parts)


def _outcomes(rows: Sequence[_Row]) -> Iterator[Example]:
    answered = merged(Answered(row.prompt, row.by_model()) for row in rows if row.prompt and row.prompt.strip())
    if not answered:
        return
    weak, strong = pair(answered, None, None)
    for row in scored_by(answered, weak, strong):
        wrong = 1.0 - row.scores[weak]
        yield Example(row.prompt, (1.0 - wrong, wrong), row.scores[weak], row.scores[strong])


def _of_category(row: _Row, classes: tuple[str, ...], target: Target) -> Iterator[Example]:
    its = (row.category or "") if target == "task" else str(int(row.category in SLOW))
    share = tuple(float(name == its) for name in classes)
    instruction = row.instruction or ""
    yield Example(instruction, share)
    if row.context:
        yield Example(f"{instruction}\n\n{row.context}", share)
