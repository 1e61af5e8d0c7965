"""Calls whose arguments are JSON, between marks. What turns out to be no call is text again."""

import re

from msgspec import Struct

from providers.engine.speech.base import Said
from providers.engine.speech.calling import CallReader, Told
from providers.engine.speech.seeking import SPACE, Seeking, say, tool

LONGEST_NAME = 256
"""Characters between a mark and the arguments that may hold the tool's name."""


class Marks(Struct, frozen=True):
    """What stands around calls: `open` begins them, `lead` may follow it, `between` separates them, `close` ends them.

    `first`: calls need no mark at the very beginning; `named`: what may stand before the arguments, its group is the
    tool's name; `silent` marks say nothing.
    """

    open: str
    lead: str = SPACE
    between: str = SPACE
    close: str = ""
    first: bool = False
    named: str | None = None
    silent: tuple[str, ...] = ()


class JsonCalls(Seeking):
    """Takes an answer's visible text apart into content and calls."""

    def __init__(self, marks: Marks, told: Told) -> None:
        super().__init__(told, marks.open, marks.silent, "before" if marks.first else "text")
        self._marks = marks
        self._named = re.compile(marks.named) if marks.named is not None else None
        self._steps |= {"before": self._before, "call": self._inside, "after": self._after}
        self._gap = ""
        self._call: CallReader | None = None

    def _unsure(self) -> str:
        if self._state == "call" and self._call is not None:
            return "" if self._call.begun else self._raw + self._call.raw
        return self._gap if self._state == "after" else self._raw if self._state == "before" else ""

    def _begun(self) -> bool:
        return self._state == "call" and self._call is not None and self._call.begun

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
                say(said, self._raw + lead)
                self._buffer = rest
            self._state = "text"
            return True
        self._raw += lead + rest[:brace]
        self._buffer, self._call, self._state = rest[brace:], CallReader(self._told, name), "call"
        return True

    def _begin(self, rest: str) -> tuple[str | None, int | None]:
        """The name that stands before the call, and where its brace is.

        Negative: this is no call. None: that is not yet to be seen.
        """
        if rest[0] == "{" or self._named is None:
            return None, 0 if rest[0] == "{" else -1
        brace = rest.find("{", 0, LONGEST_NAME)
        before = rest[:brace] if brace > 0 else rest
        if self._marks.open in before or (brace < 0 and len(rest) >= LONGEST_NAME):
            return None, -1
        if brace < 0:
            return None, None
        found = self._named.fullmatch(before)
        return (found[1], brace) if found is not None and found[1] in self._told.names else (None, -1)

    def _inside(self, said: list[Said]) -> bool:
        assert self._call is not None
        pieces, taken = self._call.feed(self._buffer)
        said += map(tool, pieces)
        self._buffer = self._buffer[taken:]
        if self._call.over is None:
            return False
        self._state, self._gap = "after" if self._call.over == "called" else "text", ""
        self.cut = self._call.over == "cut"
        if self._call.over == "broken":
            say(said, self._raw + self._call.raw)
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
