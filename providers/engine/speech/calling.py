"""One tool call in JSON, read as it comes: its name once it is known, its arguments while they are written."""

import json
import re
from collections.abc import Callable, Collection
from typing import Literal

import msgspec
from msgspec import Raw

from providers.engine.frames import ToolPiece
from providers.engine.speech.scanning import Scanner

HEAD = re.compile(r'\{\s*"name"\s*:\s*"([^"\\]+)"\s*,\s*"(?:arguments|parameters)"\s*:\s*\{')
_FIELDS = msgspec.json.Decoder(dict[str, Raw])


class Told:
    """The calls that an answer made: their names are those of `names`, `fresh` makes the letters of an id."""

    def __init__(self, names: Collection[str], fresh: Callable[[], str]) -> None:
        self.names, self._fresh = names, fresh
        self.count = 0

    def begin(self, name: str) -> ToolPiece:
        """The first piece of another call."""
        self.count += 1
        return ToolPiece(self.count - 1, f"call_{self._fresh()}", name)

    def more(self, arguments: str) -> ToolPiece:
        """More of the last one."""
        return ToolPiece(self.count - 1, arguments=arguments)


class CallReader:
    """`{"name": …, "arguments": {…}}`, or the arguments alone where the `name` was read before.

    `over` says how it ended: "called", "broken" (it is no call: `raw` is text), "cut" (what was told is not complete).
    """

    def __init__(self, told: Told, name: str | None = None) -> None:
        self._told, self._scanner = told, Scanner()
        self._name, self._bottom = name, 1 if name is None else 0
        self._arguments: list[str] = []
        self._phase: Literal["head", "arguments", "rest"] = "head" if name is None else "arguments"
        self.begun = False
        self.raw = ""
        self.over: Literal["called", "broken", "cut"] | None = None

    def feed(self, text: str) -> tuple[list[ToolPiece], int]:
        """What these characters tell, and how many of them belong to the call."""
        pieces: list[ToolPiece] = []
        taken = 0
        while self.over is None and taken < len(text):
            if not self._scanner.step(text[taken]):
                self.over = "called" if self._phase == "rest" else "cut" if self.begun else "broken"
                break
            self._take(text[taken], pieces)
            taken += 1
        return pieces + self._gathered(), taken

    def _take(self, char: str, pieces: list[ToolPiece]) -> None:
        depth = self._scanner.depth
        if self._phase == "arguments":
            self._argument(char, depth, pieces)
            return
        self.raw += char
        if self._phase == "head" and char == "{" and depth == 2 and (found := HEAD.fullmatch(self.raw)):
            if found[1] in self._told.names:
                self._name, self._phase = found[1], "arguments"
                self._argument(char, depth, pieces)
        elif depth == 0:
            pieces += self._whole() if self._phase == "head" else []
            self.over = self.over or "called"

    def _argument(self, char: str, depth: int, pieces: list[ToolPiece]) -> None:
        if not self.begun and self._name is not None:
            self.begun = True
            pieces.append(self._told.begin(self._name))
        self._arguments.append(char)
        if depth == self._bottom:
            self._phase = "rest"
            self.over = None if depth else "called"

    def _gathered(self) -> list[ToolPiece]:
        text = "".join(self._arguments)
        self._arguments.clear()
        return [self._told.more(text)] if text else []

    def _whole(self) -> list[ToolPiece]:
        """An object whose fields came in an unusual order, or that is no call."""
        call = read_call(self.raw, self._told.names)
        if call is None:
            self.over = "broken"
            return []
        self.begun = True
        return [self._told.begin(call[0]), self._told.more(call[1])]


def read_call(text: str, names: Collection[str]) -> tuple[str, str] | None:
    """Name and arguments (JSON text) of a complete call; None: it is none."""
    try:
        fields = _FIELDS.decode(text)
        name = json.loads(bytes(fields.get("name", b"null")))
        given = fields.get("arguments", fields.get("parameters", Raw(b"{}")))
        value = json.loads(bytes(given))
        if isinstance(value, str):
            given, value = Raw(value.encode()), json.loads(value)
    except (ValueError, RecursionError):
        return None
    known = isinstance(name, str) and name in names and isinstance(value, dict)
    return (name, bytes(given).decode()) if known else None
