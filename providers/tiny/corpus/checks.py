"""The judges of an answer: each makes a function from any model's text to right or wrong."""

import json
import re
from collections.abc import Collection

from providers.tiny.corpus.family import Check

_SPACE = re.compile(r"\s+")
_TOOL_CALL = re.compile(r"<tool_call>\s*(\{.*\})\s*</tool_call>", re.DOTALL)
_REFUSAL = re.compile(r"tiny demo model.*(cannot|can not|can't|do not|only)", re.DOTALL)


def plain(text: str) -> str:
    """Fold case and white space and drop the closing punctuation, which nobody should fail for."""
    return _SPACE.sub(" ", text).strip().lower().rstrip(".!")


def exactly(answer: str) -> Check:
    """The whole answer, up to case, white space and closing punctuation."""
    wanted = plain(answer)
    return lambda text: plain(text) == wanted


def one_of(answers: Collection[str]) -> Check:
    """Any of these answers, up to case, white space and closing punctuation."""
    wanted = frozenset(plain(answer) for answer in answers)
    return lambda text: plain(text) in wanted


def says(*words: str, sentences: int = 1) -> Check:
    """All the words somewhere in at least `sentences` sentences, and no refusal."""
    wanted = [word.lower() for word in words]

    def check(text: str) -> bool:
        lower = text.lower()
        long_enough = sum(lower.count(mark) for mark in ".!?") >= sentences
        return long_enough and all(word in lower for word in wanted) and not refused(text) and not unknown(text)

    return check


def refused(text: str) -> bool:
    """The demo model's refusal, in any of its wordings."""
    return _REFUSAL.search(text.lower()) is not None and not unknown(text)


def unknown(text: str) -> bool:
    """An honest "I do not know"."""
    return plain(text).startswith(("i do not know", "i don't know"))


def declined(text: str) -> bool:
    """Either way of not answering."""
    return refused(text) or unknown(text)


def is_json(value: object) -> Check:
    """One JSON value and nothing else."""
    return lambda text: _parsed(text) == value


def calls(name: str, arguments: dict[str, object]) -> Check:
    """One call in Hermes form, of this tool with these arguments."""
    wanted = {"name": name, "arguments": arguments}

    def check(text: str) -> bool:
        found = _TOOL_CALL.fullmatch(text.strip())
        return found is not None and _parsed(found.group(1)) == wanted

    return check


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return ValueError
