"""Looks for the mark that begins a call, in text that comes in pieces: what is before it is content."""

from collections.abc import Callable

from providers.engine.frames import ToolPiece
from providers.engine.speech.base import Said
from providers.engine.speech.calling import Told
from providers.engine.speech.scanning import certain

SPACE = " \t\r\n"
Step = Callable[[list[Said]], bool]
"""Takes from the buffer what it can; False: more text is needed first."""


class Seeking:
    """The state "text" of a reader of calls, which goes to `before` once its mark was found.

    `silent` marks say nothing: they stand around calls and are left out. `cut`: the last call is not complete.
    """

    def __init__(self, told: Told, mark: str, silent: tuple[str, ...] = (), begin: str = "text") -> None:
        self._told, self._mark, self._silent = told, mark, silent
        self._steps: dict[str, Step] = {"text": self._text}
        self._state = begin
        self._buffer = self._raw = ""
        self.cut = False

    @property
    def held(self) -> int:
        """Characters at the end that may still become text."""
        return len(self._unsure()) + len(self._buffer)

    def feed(self, text: str) -> list[Said]:
        """What is certain by this text."""
        self._buffer += text
        said: list[Said] = []
        while self._steps[self._state](said):
            pass
        return said

    def flush(self, cut: bool = False) -> list[Said]:
        """The rest, at the end. What follows a mark is text again, unless it was `cut` off."""
        said: list[Said] = []
        rest = self._unsure() + self._buffer
        if self._state == "text":
            say(said, rest.rstrip() if self._told.count else rest)
        elif self._state != "after":
            self.cut = self.cut or self._begun()
            say(said, "" if self._begun() or (cut and self._raw) else rest)
        self._buffer, self._raw, self._state = "", "", "text"
        return said

    def _unsure(self) -> str:
        """What was taken from the buffer and may still be text."""
        raise NotImplementedError

    def _begun(self) -> bool:
        """Whether a call has been told that is not complete."""
        raise NotImplementedError

    def _text(self, said: list[Said]) -> bool:
        marks = (self._mark, *self._silent)
        at, mark = min(((at, mark) for mark in marks if (at := self._buffer.find(mark)) >= 0), default=(-1, ""))
        if at < 0:
            cut = min(certain(self._buffer, mark) for mark in marks)
            say(said, self._buffer[:cut])
            self._buffer = self._buffer[cut:]
            return False
        say(said, self._buffer[:at].rstrip())
        self._buffer = self._buffer[at + len(mark) :]
        if mark == self._mark:
            self._raw, self._state = mark, "before"
        return True


def say(said: list[Said], text: str) -> None:
    """Text, where there is any."""
    if text:
        said.append(Said("text", text))


def tool(piece: ToolPiece) -> Said:
    """A piece of a call."""
    return Said("tool", tool=piece)
