"""What a model thinks before it answers, between marks at the very beginning of its text."""

from typing import Literal

from providers.engine.speech.scanning import certain


class Thinking:
    """Takes a text apart into (reasoning, visible). `opened`: the prompt itself has opened the thought."""

    def __init__(self, marks: tuple[str, str], opened: bool) -> None:
        self._open, self._close = marks
        self._state: Literal["start", "inside", "gap", "visible"] = "inside" if opened else "start"
        self._buffer = ""
        self._blank = True

    def feed(self, text: str) -> tuple[str, str]:
        """What is certain by this text."""
        self._buffer += text
        if self._state == "start":
            self._start()
        reasoning = self._inside() if self._state == "inside" else ""
        if self._state == "gap":
            self._buffer = self._buffer.lstrip()
            self._state = "visible" if self._buffer else "gap"
        if self._state != "visible":
            return reasoning, ""
        visible, self._buffer = self._buffer, ""
        return reasoning, visible

    def flush(self) -> tuple[str, str]:
        """What was held, at the end."""
        rest, self._buffer = self._buffer, ""
        return (rest.rstrip(), "") if self._state == "inside" else ("", "" if self._state == "gap" else rest)

    def _start(self) -> None:
        begun = self._buffer.lstrip()
        if begun.startswith(self._open):
            self._buffer, self._state = begun[len(self._open) :], "inside"
        elif not self._open.startswith(begun):
            self._state = "visible"

    def _inside(self) -> str:
        if self._blank:
            self._buffer = self._buffer.lstrip()
            self._blank = not self._buffer
        at = self._buffer.find(self._close)
        if at >= 0:
            reasoning = self._buffer[:at].rstrip()
            self._buffer, self._state = self._buffer[at + len(self._close) :], "gap"
            return reasoning
        cut = certain(self._buffer, self._close)
        reasoning, self._buffer = self._buffer[:cut], self._buffer[cut:]
        return reasoning
