"""A conversation whose every word is a placeholder, so that in a rendering the template's own text can be told apart.

Placeholders are digits, which trimming, case and escapes leave as they are. White space around a text stays outside of
its placeholder, so that a template that trims trims it. The same text has the same placeholder, so that a template that
compares or looks up finds what it would have found.
"""

import json
import secrets
from collections.abc import Callable, Collection
from typing import Any

_SHAPE = "messages tools role content name tool_calls tool_call_id id type function arguments parameters description"
_ROLES = "system user assistant tool"
_TYPES = "object array string number integer boolean null"
_SCHEMA = (
    "properties required items enum default anyOf oneOf allOf not const additionalProperties title format minimum "
    "maximum minLength maxLength minItems maxItems pattern $ref $defs nullable strict"
)
WORDS = frozenset(f"{_SHAPE} {_ROLES} {_TYPES} {_SCHEMA}".split())
"""What every conversation and schema is written with; it stays as it is, because templates look for it."""


class Part:
    """A piece of a rendering: the template's own text, or what a user wrote."""

    __slots__ = ("text", "user")

    def __init__(self, text: str, user: bool) -> None:
        self.text, self.user = text, user


class Marked:
    """`value` is the conversation (dicts, lists, strings) with placeholders; `words` stay as they are."""

    def __init__(self, value: Any, words: Collection[str]) -> None:
        self._nonce = str(10**38 + secrets.randbelow(9 * 10**38))
        self._texts: dict[str, int] = {}
        self.value = mapped(value, words, self._mark)

    def spell(self, text: str) -> str:
        """JSON that a template made: its placeholders stand for texts with JSON's escapes."""
        return text.replace(f"{self._nonce}0", f"{self._nonce}1")

    def split(self, rendered: str) -> list[Part]:
        """The rendering in parts, placeholders exchanged for what they stand for (dropped or repeated ones too)."""
        texts = list(self._texts)
        first, *pieces = rendered.split(self._nonce)
        parts = [Part(first, False)]
        for piece in pieces:
            text = texts[int(piece[1:7])]
            escaped = json.dumps(text, ensure_ascii=False)[1:-1] if piece[0] == "1" else text
            parts += [Part(escaped, True), Part(piece[7:], False)]
        return parts

    def _mark(self, text: str) -> str:
        core = text.strip()
        if not core:
            return text
        start = text.index(core)
        number = self._texts.setdefault(core, len(self._texts))
        return f"{text[:start]}{self._nonce}0{number:06d}{text[start + len(core) :]}"


def mapped(value: Any, words: Collection[str], change: Callable[[str], str]) -> Any:
    """The value with every string changed, keys too, except `words`."""
    if isinstance(value, str):
        return value if value in words else change(value)
    if isinstance(value, dict):
        return {mapped(key, words, change): mapped(each, words, change) for key, each in value.items()}
    if isinstance(value, list):
        return [mapped(each, words, change) for each in value]
    return value
