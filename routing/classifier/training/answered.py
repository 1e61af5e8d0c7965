"""A user's outcome rows: prompts, and how good each model's answer was.

A JSON object a line, plain or gzip, in either form; further fields are ignored:

    {"prompt": text, "weak_correct": 0 or 1, "strong_correct": 0 or 1}
    {"prompt": text, "scores": {"model": 0 or 1, …}}               (or a judge's scores, 0 to 1)

Rows of one prompt that score different models are one row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from routing.classifier.rows import numbered

T = TypeVar("T")


class BadRows(ValueError):
    """Why nothing can be learned from these rows; the message is for the user."""


class Answered(Struct, frozen=True):
    """A prompt, and how good its answer was by model: 0..1 (or, where rows are only compared, on any one scale);
    `source` says where the row is from, where it does."""

    prompt: str
    scores: Mapping[str, float]
    source: str = ""


class Scored(Struct, frozen=True):
    """A row's scores in either form."""

    weak_correct: float | bool | None = None
    strong_correct: float | bool | None = None
    scores: dict[str, float | bool] = {}

    def by_model(self) -> dict[str, float]:
        """0..1 by model. Raises BadRows."""
        named = (("weak", self.weak_correct), ("strong", self.strong_correct), *self.scores.items())
        found = {name: float(score) for name, score in named if score is not None}
        if any(not 0 <= score <= 1 for score in found.values()):
            raise BadRows(f"a score is below 0 or above 1: {found}")
        return found


class _Row(Scored, frozen=True, kw_only=True):
    prompt: str


def read(path: Path) -> list[Answered]:
    """All rows that say something. Raises BadRows, or OSError."""
    return merged(_answered(path))


def of_one(path: Path, model: str) -> list[tuple[str, float]]:
    """(prompt, how good its answer was: 0..1) of a placement file. Raises BadRows, or OSError."""
    found = [(row.prompt, _own(row, model)) for row in read(path)]
    if not found:
        raise BadRows(f"{path.name} holds no scored answer")
    return found


def _own(row: Answered, model: str) -> float:
    """Its score under this name, or the only one that there is: a model may be called otherwise in another place."""
    if model in row.scores or len(row.scores) == 1:
        return row.scores.get(model, next(iter(row.scores.values())))
    raise BadRows(f"the placement scores several models, and none of them is {model}")


def _answered(path: Path) -> Iterator[Answered]:
    for number, row in lines(path, _Row):
        try:
            scores = row.by_model()
        except BadRows as error:
            raise BadRows(f"{path.name}, line {number}: {error}") from None
        if row.prompt.strip():
            yield Answered(row.prompt, scores)


def lines(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """Rows with the numbers of their lines. Raises BadRows, or OSError."""
    try:
        yield from numbered(path, kind)
    except ValueError as error:
        raise BadRows(str(error)) from None


def merged(rows: Iterable[Answered]) -> list[Answered]:
    """Rows of one prompt together, unless they score the same model again; those without a score are left out."""
    found: list[tuple[Answered, dict[str, float]]] = []
    newest: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row.source, row.prompt
        at = newest.get(key)
        if not row.scores:
            continue
        if at is not None and not found[at][1].keys() & row.scores.keys():
            found[at][1].update(row.scores)
            continue
        newest[key] = len(found)
        found.append((row, dict(row.scores)))
    return [Answered(row.prompt, scores, row.source) for row, scores in found]


def means(rows: Sequence[Answered]) -> dict[str, float]:
    """How good each model's answers were, the weakest model first."""
    sums: dict[str, list[float]] = {}
    for row in rows:
        for name, score in row.scores.items():
            sums.setdefault(name, []).append(score)
    return dict(sorted(((name, sum(all_) / len(all_)) for name, all_ in sums.items()), key=lambda pair: pair[1]))


def pair(rows: Sequence[Answered], weak: str | None, strong: str | None) -> tuple[str, str]:
    """Which two models are compared: those named, else the weakest and the best. Raises BadRows."""
    ranked = means(rows)
    if len(ranked) < 2:
        raise BadRows("the rows hold the scores of one model, or of none: a router chooses between two at least")
    for name in (weak, strong):
        if name is not None and name not in ranked:
            raise BadRows(f"no row scores a model {name}; the models are {', '.join(ranked)}")
    first, *_, last = ranked
    chosen = weak or first, strong or last
    if ranked[chosen[0]] >= ranked[chosen[1]]:
        raise BadRows(f"{chosen[1]} is not better than {chosen[0]} on these rows: always ask {chosen[0]}")
    return chosen


def scored_by(rows: Sequence[Answered], *models: str) -> list[Answered]:
    """The rows that score all of these."""
    return [row for row in rows if all(model in row.scores for model in models)]
