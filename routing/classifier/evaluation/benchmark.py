"""Outcome files as a benchmark: prompts, and how good the answers of one weak and one strong model were.

Every form that `halfpenny router` writes or reads, a JSON object a line, plain or gzip; further fields are ignored:

    {"prompt": text, "weak_correct": 0 or 1, "strong_correct": 0 or 1}
    {"prompt": text, "scores": {"model": 0 or 1, …}}           rows of one prompt are one row

or a judge's scores, on any one scale. `source` (or `domain`, `dataset`, `subject`) says where a row is from.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from routing.classifier.logistic import Vector
from routing.classifier.training.answered import Answered, BadRows, lines, means, merged, pair, scored_by

LEAST = 10
"""Rows below which no figure says anything."""
PLAIN = ("weak", "strong")
SOURCES = ("source", "domain", "dataset", "subject")


class Benchmark(Struct, frozen=True):
    """`weak`, `strong` (rows,): how good each answer was, on the file's scale; `sources` (rows,); `pair`: the models'
    names; `notes`: sentences on what was left out."""

    prompts: Sequence[str]
    weak: Vector
    strong: Vector
    sources: Sequence[str]
    pair: tuple[str, str] = PLAIN
    notes: tuple[str, ...] = ()

    def good(self) -> tuple[Vector, Vector]:
        """(weak, strong) between 0 and 1, where a judge's scale is another one: what probabilities are learned from."""
        low = min(float(self.weak.min()), float(self.strong.min()))
        high = max(float(self.weak.max()), float(self.strong.max()))
        if low >= 0 and high <= 1:
            return self.weak, self.strong
        return (self.weak - low) / (high - low), (self.strong - low) / (high - low)

    def checked(self) -> bool:
        """Whether the weak model's answers are right or wrong and nothing between."""
        return bool(np.isin(self.weak, (0.0, 1.0)).all())


class _Row(Struct, frozen=True, kw_only=True):
    prompt: str
    weak_correct: float | bool | None = None
    strong_correct: float | bool | None = None
    scores: dict[str, float | bool | None] | None = None
    source: Any = None
    domain: Any = None
    dataset: Any = None
    subject: Any = None

    def origin(self) -> str:
        named = (getattr(self, name) for name in SOURCES)
        return next((str(one) for one in named if isinstance(one, str | int) and one != ""), "")


def read(paths: Sequence[Path], weak: str | None = None, strong: str | None = None) -> Benchmark:
    """The rows of all files; a file is the source of rows that name none. Raises BadRows with the line, or OSError."""
    rows = [row for path in paths for row in _rows(path, path.stem.removesuffix(".jsonl"))]
    together = merged(rows)
    if not together:
        raise BadRows(f"{', '.join(path.name for path in paths)}: no row scores anything")
    names = _pair(together, weak, strong)
    both = scored_by(together, *names)
    return _benchmark(both, names, tuple(_notes(rows, together, both, names)))


def of(rows: Sequence[Answered], names: tuple[str, str] = PLAIN) -> Benchmark:
    """Of rows that score both models of the pair. Raises BadRows."""
    return _benchmark(rows, names, ())


def _rows(path: Path, otherwise: str) -> Iterator[Answered]:
    for number, row in lines(path, _Row):
        try:
            scores = _scores(row)
        except BadRows as error:
            raise BadRows(f"{path.name}, line {number}: {error}") from None
        yield Answered(row.prompt, scores, row.origin() or otherwise)


def _scores(row: _Row) -> Mapping[str, float]:
    """By model. Raises BadRows."""
    two = {"weak": row.weak_correct, "strong": row.strong_correct}
    if row.scores is None and None in two.values():
        raise BadRows("a row has `weak_correct` and `strong_correct`, or `scores` by model")
    named = {**two, **(row.scores or {})}
    found = {name: float(score) for name, score in named.items() if score is not None}
    if not all(map(math.isfinite, found.values())):
        raise BadRows(f"a score is no finite number: {found}")
    return found


def _pair(rows: Sequence[Answered], weak: str | None, strong: str | None) -> tuple[str, str]:
    """Those named; else `weak` and `strong` where the rows say so themselves, else the weakest and the best."""
    if weak is None and strong is None and set(PLAIN) <= set(means(rows)):
        weak, strong = PLAIN
    return pair(rows, weak, strong)


def _benchmark(rows: Sequence[Answered], names: tuple[str, str], notes: tuple[str, ...]) -> Benchmark:
    if len(rows) < LEAST:
        raise BadRows(f"{len(rows)} rows score both {names[0]} and {names[1]}; at least {LEAST} are needed")
    weak, strong = (np.array([row.scores[name] for row in rows]) for name in names)
    if strong.mean() <= weak.mean():
        said = f"{names[0]} {weak.mean():.3f}, {names[1]} {strong.mean():.3f}"
        raise BadRows(f"there is no gap to recover: {said} on the {len(rows)} rows that score both")
    return Benchmark([row.prompt for row in rows], weak, strong, [row.source for row in rows], names, notes)


def _notes(
    rows: Sequence[Answered], together: Sequence[Answered], both: Sequence[Answered], names: tuple[str, str]
) -> Iterator[str]:
    silent = sum(not row.scores for row in rows)
    if silent:
        yield f"{silent} rows without any score are left out"
    if len(together) > len(both):
        yield f"{len(together) - len(both)} rows that do not score both {names[0]} and {names[1]} are left out"
    blank = sum(not row.prompt.strip() for row in both)
    if blank:
        yield f"{blank} rows have an empty prompt; they count"
    scores = np.array([row.scores[name] for row in both for name in names])
    if not np.isin(scores, (0.0, 1.0)).all():
        yield "scores are a judge's, not 0 or 1: calibration of the weak model's probability is not told"
