"""gpt-oss's channels: analysis is reasoning, final is content, commentary to a function is a call.

`<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>commentary to=functions.f
<|constrain|>json<|message|>{…}<|call|>`
(openai/harmony, "OpenAI harmony response format"). The prompt ends with `<|start|>assistant`.
"""

import re
from typing import Literal

from providers.engine.speech.base import Said
from providers.engine.speech.calling import CallReader, Told
from providers.engine.speech.scanning import overlap

MARKS = ("<|start|>", "<|channel|>", "<|message|>", "<|constrain|>", "<|end|>", "<|call|>", "<|return|>")
_MARK = re.compile("|".join(map(re.escape, MARKS)))
_TO = re.compile(r"\bto=(?:functions\.)?([A-Za-z0-9_-]+)")


class Harmony:
    """Takes an answer apart into content, reasoning and calls."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._buffer, self._header = "", ""
        self._kind: Literal["header", "text", "reasoning", "tool"] = "header"
        self._call: CallReader | None = None
        self.cut = False

    @property
    def held(self) -> int:
        """Characters at the end that may still become text."""
        return len(self._header) + len(self._buffer)

    def feed(self, text: str) -> list[Said]:
        """What is certain by this text."""
        self._buffer += text
        said: list[Said] = []
        while found := _MARK.search(self._buffer):
            self._body(self._buffer[: found.start()], said)
            self._buffer = self._buffer[found.end() :]
            self._mark(found[0])
        cut = len(self._buffer) - max(overlap(self._buffer, mark) for mark in MARKS)
        self._body(self._buffer[:cut], said)
        self._buffer = self._buffer[cut:]
        return said

    def flush(self, cut: bool = False) -> list[Said]:
        """The rest, at the end; a text without any channel is content."""
        said: list[Said] = []
        self._body(self._buffer, said)
        if self._kind == "header" and not self._marked:
            said += [Said("text", self._header)] if self._header else []
        self.cut = self._call is not None and self._call.begun and self._call.over is None
        self._buffer = self._header = ""
        return said

    @property
    def _marked(self) -> bool:
        """Whether the header is one: it has marks, or a recipient."""
        return any(mark in self._header for mark in MARKS) or bool(_TO.search(self._header))

    def _mark(self, mark: str) -> None:
        if mark == "<|message|>":
            self._open()
        elif self._kind != "header":
            self._kind, self._header = "header", mark
        else:
            self._header += mark

    def _open(self) -> None:
        """A body begins: whose it is stands in the header."""
        header, self._header, self._call = self._header, "", None
        to = _TO.search(header)
        if to is not None and to[1] in self._told.names:
            self._kind, self._call = "tool", CallReader(self._told, to[1])
        else:
            self._kind = "reasoning" if "<|channel|>analysis" in header else "text"

    def _body(self, text: str, said: list[Said]) -> None:
        if not text:
            return
        if self._kind == "header":
            self._header += text
        elif self._kind == "tool":
            self._arguments(text, said)
        else:
            said.append(Said("reasoning" if self._kind == "reasoning" else "text", text))

    def _arguments(self, text: str, said: list[Said]) -> None:
        """A call's arguments; what is no JSON object is content."""
        assert self._call is not None
        text = text if self._call.begun else text.lstrip()
        if not self._call.begun and not text.startswith("{"):
            self._kind = "text" if text else "tool"
            self._body(text, said)
            return
        pieces, taken = self._call.feed(text)
        said += [Said("tool", tool=piece) for piece in pieces]
        if self._call.over is not None and text[taken:].strip():
            self._kind = "text"
            self._body(text[taken:].lstrip(), said)
