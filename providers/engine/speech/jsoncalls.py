"""Calls in JSON between marks: Hermes and Qwen, Llama 3, Mistral. What turns out to be no call is text again."""

from typing import Literal

from msgspec import Struct

from providers.engine.frames import ToolPiece
from providers.engine.speech.base import Said
from providers.engine.speech.calling import CallReader, Told
from providers.engine.speech.scanning import certain

SPACE = " \t\r\n"
LONGEST_NAME = 256
"""Characters between a mark and the arguments that may hold the tool's name."""


class Marks(Struct, frozen=True):
    """What stands around calls: `open` begins them, `lead` may follow it, `between` separates them, `close` ends them.

    `first`: calls need no mark at the very beginning; `named`: the name may stand before its arguments.
    """

    open: str
    lead: str = SPACE
    between: str = SPACE
    close: str = ""
    first: bool = False
    named: bool = False


HERMES = Marks("<tool_call>", close="</tool_call>")
LLAMA3 = Marks("<|python_tag|>", between=SPACE + ";,", first=True)
MISTRAL = Marks("[TOOL_CALLS]", lead=SPACE + "[", between=SPACE + ",", close="]", named=True)


class JsonCalls:
    """Takes an answer's visible text apart into content and calls."""

    def __init__(self, marks: Marks, told: Told) -> None:
        self._marks, self._told = marks, told
        self._state: Literal["text", "before", "call", "after"] = "before" if marks.first else "text"
        self._buffer = self._raw = self._gap = ""
        self._call: CallReader | None = None
        self.cut = False

    @property
    def held(self) -> int:
        """Characters at the end that may still become text."""
        unsure = self._gap if self._state == "after" else self._raw if self._state == "before" else ""
        if self._state == "call" and self._call is not None and not self._call.begun:
            unsure = self._raw + self._call.raw
        return len(unsure) + len(self._buffer)

    def feed(self, text: str) -> list[Said]:
        """What is certain by this text."""
        self._buffer += text
        said: list[Said] = []
        steps = {"text": self._text, "before": self._before, "call": self._inside, "after": self._after}
        while steps[self._state](said):
            pass
        return said

    def flush(self) -> list[Said]:
        """The rest, at the end."""
        said: list[Said] = []
        if self._state == "text":
            _say(said, self._buffer.rstrip() if self._told.count else self._buffer)
        elif self._state == "before":
            _say(said, self._raw + self._buffer)
        elif self._state == "call" and self._call is not None:
            self.cut = self._call.begun
            _say(said, "" if self._call.begun else self._raw + self._call.raw)
        self._buffer, self._state = "", "text"
        return said

    def _text(self, said: list[Said]) -> bool:
        at = self._buffer.find(self._marks.open)
        if at < 0:
            cut = certain(self._buffer, self._marks.open)
            _say(said, self._buffer[:cut])
            self._buffer = self._buffer[cut:]
            return False
        _say(said, self._buffer[:at].rstrip())
        self._raw, self._buffer = self._marks.open, self._buffer[at + len(self._marks.open) :]
        self._state = "before"
        return True

    def _before(self, said: list[Said]) -> bool:
        """After the mark: the call begins with its brace, or with its name where it may."""
        rest = self._buffer.lstrip(self._marks.lead)
        if not rest:
            return False
        name, brace = self._begin(rest)
        if brace is None:
            return False
        lead = self._buffer[: len(self._buffer) - len(rest)]
        if brace < 0:
            if self._raw:
                _say(said, self._raw + lead)
                self._buffer = rest
            self._state = "text"
            return True
        self._raw += lead + rest[:brace]
        self._buffer, self._call, self._state = rest[brace:], CallReader(self._told, name), "call"
        return True

    def _begin(self, rest: str) -> tuple[str | None, int | None]:
        """The name that stands before the call (`name[CALL_ID]x[ARGS]{`), and where its brace is.

        Negative: this is no call. None: that is not yet to be seen.
        """
        if rest[0] == "{" or not self._marks.named:
            return None, 0 if rest[0] == "{" else -1
        brace = rest.find("{", 0, LONGEST_NAME)
        before = rest[:brace] if brace > 0 else rest
        if self._marks.open in before or (brace < 0 and len(rest) >= LONGEST_NAME):
            return None, -1
        if brace < 0:
            return None, None
        name = before.partition("[")[0].strip()
        return (name, brace) if name in self._told.names else (None, -1)

    def _inside(self, said: list[Said]) -> bool:
        assert self._call is not None
        pieces, taken = self._call.feed(self._buffer)
        said += map(_tool, pieces)
        self._buffer = self._buffer[taken:]
        if self._call.over is None:
            return False
        self._state, self._gap = "after" if self._call.over == "called" else "text", ""
        self.cut = self._call.over == "cut"
        if self._call.over == "broken":
            _say(said, self._raw + self._call.raw)
        return True

    def _after(self, _: list[Said]) -> bool:
        """After a call: another one, the closing mark, or text that goes on."""
        rest = self._buffer.lstrip(self._marks.between)
        self._gap += self._buffer[: len(self._buffer) - len(rest)]
        self._buffer = rest
        close = self._marks.close
        if rest.startswith("{"):
            self._raw, self._call, self._state = self._gap, CallReader(self._told), "call"
        elif close and rest.startswith(close):
            self._buffer, self._state = rest[len(close) :], "text"
        elif not rest or close.startswith(rest):
            return False
        else:
            self._buffer, self._state = self._gap + rest, "text"
        return True


def _say(said: list[Said], text: str) -> None:
    if text:
        said.append(Said("text", text))


def _tool(piece: ToolPiece) -> Said:
    return Said("tool", tool=piece)
