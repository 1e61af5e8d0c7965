"""Calls whose arguments are tags around bare text (Qwen3-Coder, GLM): told as JSON while they are written.

The marks are those of the makers' chat templates. What type a value has stands in the tool's parameters: a string is
told as it comes, anything else once it is whole.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from providers.engine.speech.base import Said
from providers.engine.speech.calling import Told
from providers.engine.speech.scanning import overlap
from providers.engine.speech.seeking import SPACE, Seeking, say, tool
from providers.engine.speech.values import STRING, inside, types, written

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_NAME = re.compile(r"[A-Za-z0-9_-]{0,64}")


class Tags(Struct, frozen=True):
    """What stands around the parts of a call: the name, each argument's key, its value; `end` is after the last.

    No `named`: the name ends before a line break or the next tag.
    """

    name: str
    named: str
    key: str
    keyed: str
    value: str
    valued: str
    end: str


QWEN = Tags("<function=", ">", "<parameter=", ">\n", "", "\n</parameter>", "</function>")
GLM = Tags("", "", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", CLOSE)


class TaggedCalls(Seeking):
    """Takes an answer's visible text apart into content and calls; `schemas`: each tool's parameters."""

    def __init__(self, tags: Tags, told: Told, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(told, OPEN)
        self._tags, self._schemas = tags, schemas
        self._steps |= {"before": self._before, "members": self._members, "value": self._value, "after": self._after}
        self._schema: Mapping[str, Any] = {}
        self._types = STRING
        self._separator = ""

    def _unsure(self) -> str:
        return self._raw if self._state == "before" else ""

    def _begun(self) -> bool:
        return self._state in ("members", "value")

    def _before(self, said: list[Said]) -> bool:
        """After the mark: the name of a tool, or this is no call."""
        rest = self._buffer.lstrip(SPACE)
        name, taken = self._named(rest)
        if taken is None:
            return False
        if taken < 0:
            say(said, self._raw)
            self._state = "text"
            return True
        said += [tool(self._told.begin(name)), tool(self._told.more("{"))]
        self._schema, self._separator = self._schemas[name], ""
        self._buffer, self._state = rest[taken:], "members"
        return True

    def _named(self, rest: str) -> tuple[str, int | None]:
        """The tool's name and how much it takes. Negative: it is none; None: that is not yet to be seen."""
        tags = self._tags
        if not rest.startswith(tags.name):
            return "", None if tags.name.startswith(rest) else -1
        found = _NAME.match(rest, len(tags.name))
        assert found is not None
        after = rest[found.end() :]
        if not after or (tags.named and tags.named != after and tags.named.startswith(after)):
            return "", None
        ended = after.startswith(tags.named) if tags.named else after[0] in "\r\n<"
        return (found[0], found.end() + len(tags.named)) if ended and found[0] in self._told.names else ("", -1)

    def _members(self, said: list[Said]) -> bool:
        """Between arguments: another one, or the end."""
        rest = self._buffer = self._buffer.lstrip(SPACE)
        marks = (self._tags.end, CLOSE, self._tags.key)
        mark = next((mark for mark in marks if rest.startswith(mark)), None)
        if mark is None:
            if not any(each.startswith(rest) for each in marks):
                self.cut, self._state = True, "text"
            return self._state == "text"
        if mark == self._tags.key:
            return self._key(rest, said)
        said.append(tool(self._told.more("}")))
        self.cut, self._buffer = False, rest[len(mark) :]
        self._state = "text" if mark == CLOSE else "after"
        return True

    def _key(self, rest: str, said: list[Said]) -> bool:
        """An argument's key, and all up to its value."""
        tags = self._tags
        key, keyed, after = rest.removeprefix(tags.key).partition(tags.keyed)
        after = after.lstrip(SPACE) if tags.value else after
        if not keyed or (after != tags.value and tags.value.startswith(after)):
            return False
        if not after.startswith(tags.value):
            self.cut, self._state = True, "text"
            return True
        properties = self._schema.get("properties")
        self._types = types(properties.get(key) if isinstance(properties, dict) else None, self._schema)
        opened = '"' if self._types == STRING else ""
        said.append(tool(self._told.more(f"{self._separator}{json.dumps(key, ensure_ascii=False)}: {opened}")))
        self._buffer, self._state, self._separator = after.removeprefix(tags.value), "value", ", "
        return True

    def _value(self, said: list[Said]) -> bool:
        text, mark = self._buffer, self._tags.valued
        at = text.find(mark)
        if at < 0:
            cut = len(text) - overlap(text, mark) if self._types == STRING else 0
            said += [tool(self._told.more(inside(text[:cut])))] if cut else []
            self._buffer = text[cut:]
            return False
        ended = inside(text[:at]) + '"' if self._types == STRING else written(text[:at], self._types)
        said.append(tool(self._told.more(ended)))
        self._buffer, self._state = text[at + len(mark) :], "members"
        return True

    def _after(self, _: list[Said]) -> bool:
        """After the end of a call its closing mark, which may be missing."""
        rest = self._buffer.lstrip(SPACE)
        if not rest.startswith(CLOSE) and CLOSE.startswith(rest):
            return False
        self._buffer, self._state = rest.removeprefix(CLOSE) if rest.startswith(CLOSE) else self._buffer, "text"
        return True
