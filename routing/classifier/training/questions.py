"""The shipped prompts by which a new model is placed (made by `routing.classifier.training.asking`); without numpy."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from routing.classifier.training.checking import Question

QUESTIONS = Path(__file__).with_name("questions.json")
SMALL, STRONG = 0.85, 0.97
"""Shares of them that the two reference models are assumed to get right."""


def questions() -> list[Question]:
    """All of them."""
    return msgspec.json.decode(QUESTIONS.read_bytes(), type=list[Question])


def by_kind(asked: Sequence[Question], scores: Mapping[str, float]) -> dict[str, tuple[int, int]]:
    """(right, asked) of each kind of prompt; `scores` by prompt."""
    found: dict[str, tuple[int, int]] = {}
    for one in asked:
        if one.prompt in scores:
            good, count = found.get(one.kind, (0, 0))
            found[one.kind] = good + (scores[one.prompt] > 0.5), count + 1
    return found
