"""Prompts whose answers a program can check, and the checks.

    {"prompt": text, "answer": text or number, "check": "exact" | "contains" | "number" | "regex"}

`exact` compares the whole answer, `contains` looks for it as words, both without regard to case, quotes and the full
stop at the end; `number` takes the last number of the answer; `regex` must match the whole answer. What a reasoning
model wrote between <think> tags is no part of its answer.
"""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from msgspec import Struct

Check = Literal["exact", "contains", "number", "regex"]

_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_AROUND = " \t\r\n.!\"'`*“”‘’"


class Question(Struct, frozen=True):
    """A prompt; without an `answer` it needs a judge. `kind` is what it tries, for a report. Raises ValueError when its
    check cannot work."""

    prompt: str
    answer: str | int | float | None = None
    check: Check = "exact"
    kind: str = ""

    def __post_init__(self) -> None:
        if self.check == "regex" and self.answer is not None:
            _pattern(str(self.answer))
        if self.check == "number" and self.answer is not None:
            _number(str(self.answer))


def right(question: Question, said: str) -> bool:
    """Whether this answer passes. Raises ValueError when the question has no answer to compare with."""
    if question.answer is None:
        raise ValueError("the question has no answer to check by")
    said, wanted = _THOUGHT.sub("", said).strip(), str(question.answer)
    if question.check == "regex":
        return _pattern(wanted).fullmatch(said) is not None
    if question.check == "number":
        found = _NUMBER.findall(said)
        return bool(found) and _number(found[-1]) == _number(wanted)
    if question.check == "contains":
        return re.search(rf"(?<!\w){re.escape(_plain(wanted))}(?!\w)", _plain(said)) is not None
    return _plain(said) == _plain(wanted)


def _plain(text: str) -> str:
    return " ".join(text.strip(_AROUND).casefold().split())


@lru_cache(256)
def _pattern(text: str) -> "re.Pattern[str]":
    try:
        return re.compile(text, re.DOTALL)
    except re.error as error:
        raise ValueError(f"`{text}` is no regular expression: {error}") from None


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"`{text}` is no number") from None
