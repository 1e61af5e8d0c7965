"""Where a model without training rows stands on the scale, from its answers to the shipped prompts (`questions.json`).

A placement is a file of outcome rows: it names no scale, so that it outlives a change of heads. Nobody has measured the
shipped prompts on the scale's own reference models, so two anchors are assumed: one like the small reference model gets
85 % of them right, one like the strong reference 97 %. Between and above the anchors the logit of the share right is
stretched by them, below them it counts as it is. A few dozen rows of one's own models (`router collect`, then `router
fit`) are better than any of this.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from routing.classifier.training.answered import Answered, BadRows, read
from routing.classifier.training.checking import Question

QUESTIONS = Path(__file__).with_name("questions.json")
SMALL, STRONG = 0.85, 0.97
"""Shares of the shipped prompts that the two reference models are assumed to get right."""
DOUBT = 2.0
"""Rows at one half that are mixed in: no model is always right, or never."""


class Scale(Struct, frozen=True):
    """Logits of P(good) of the two reference models for a prompt that the scale knows nothing of."""

    small: float
    strong: float


def questions() -> list[Question]:
    """The shipped prompts."""
    return msgspec.json.decode(QUESTIONS.read_bytes(), type=list[Question])


def share(path: Path, model: str) -> tuple[float, int]:
    """(share right with doubt, rows) of a placement file. Raises BadRows, or OSError."""
    scores = [_own(row, model) for row in read(path)]
    if not scores:
        raise BadRows(f"{path.name} holds no scored answer")
    return (sum(scores) + DOUBT / 2) / (len(scores) + DOUBT), len(scores)


def shift(right: float, scale: Scale) -> float:
    """How far the model stands above the small reference model, in logits; `right` is its share, between 0 and 1."""
    above = logit(right) - logit(SMALL)
    if above <= 0:
        return above
    return above * (scale.strong - scale.small) / (logit(STRONG) - logit(SMALL))


def logit(share: float) -> float:
    """ln(p / (1 − p))"""
    return math.log(share / (1.0 - share))


def by_kind(asked: Sequence[Question], scores: Mapping[str, float]) -> dict[str, tuple[int, int]]:
    """(right, asked) of each kind of prompt; `scores` by prompt."""
    found: dict[str, tuple[int, int]] = {}
    for one in asked:
        if one.prompt in scores:
            good, count = found.get(one.kind, (0, 0))
            found[one.kind] = good + (scores[one.prompt] > 0.5), count + 1
    return found


def _own(row: Answered, model: str) -> float:
    """Its score under this name, or the only one that there is: a model may be called otherwise in another place."""
    if model in row.scores or len(row.scores) == 1:
        return row.scores.get(model, next(iter(row.scores.values())))
    raise BadRows(f"the placement scores several models, and none of them is {model}")
