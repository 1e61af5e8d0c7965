"""Mistakes in the configuration: where each one is, what is wrong, and what to write instead."""

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct


class Mistake(Struct, frozen=True, kw_only=True):
    """One thing to mend. `line` counts from 1; `origin` names the environment variable when the value came from one.

    No field ever holds a configured value that might be a secret.
    """

    path: str
    message: str
    hint: str = ""
    line: int | None = None
    origin: str | None = None


class ConfigError(Exception):
    """Everything that is wrong with one configuration, at once. `str()` is ready to be printed."""

    def __init__(self, source: str, mistakes: Iterable[Mistake]) -> None:
        self.source = source
        self.mistakes = sorted(mistakes, key=lambda mistake: mistake.line or 0)
        super().__init__(text(source, self.mistakes))


def text(source: str, mistakes: list[Mistake]) -> str:
    """All mistakes, one paragraph each, under a headline that counts them."""
    count = len(mistakes)
    head = f"{source}: {count} mistake{'s' if count != 1 else ''}"
    return "\n".join([head, *(line for mistake in mistakes for line in _lines(source, mistake))])


def near(name: str, known: Iterable[str], what: str) -> str:
    """A hint that names the likely meant one, or else what there is."""
    known = list(known)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"{what}: {', '.join(known)}" if known else ""


def _lines(source: str, mistake: Mistake) -> list[str]:
    if mistake.origin:
        where = f"environment {mistake.origin}"
    else:
        where = f"{source}:{mistake.line}" if mistake.line else source
    subject = f"{mistake.path}: " if mistake.path else ""
    lines = [f"  {where}  {subject}{mistake.message}"]
    if mistake.hint:
        lines.append(f"      hint: {mistake.hint}")
    return lines
