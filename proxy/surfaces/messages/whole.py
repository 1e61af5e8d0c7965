"""The Messages surface's whole answer: events gathered into one message.

An upstream's own body passes with every field; only `usage` is re-encoded, so that what is billed can stand in it.
"""

import msgspec

from providers.words import Call, Event, ToolDelta, Usage
from proxy.surfaces.messages import shapes

_ENCODE = msgspec.json.Encoder().encode


class _Tool:
    """A tool call while it is gathered."""

    def __init__(self) -> None:
        self.id = self.name = self.arguments = ""

    def add(self, delta: ToolDelta) -> None:
        self.id = delta.id or self.id
        self.name = delta.name or self.name
        self.arguments += delta.arguments


class WholeWriter:
    """Gathers one answer; its bytes come at the end."""

    content_type = b"application/json"
    streams = False

    def __init__(self, call: Call, id: str, model: str, verbatim: bool) -> None:
        self._verbatim, self._id, self._model = verbatim, id, model
        self._shows = shapes.shows_thinking(call)
        self._body: bytes | None = None
        self._ending = shapes.Ending()
        self._thoughts: list[str] = []
        self._texts: list[str] = []
        self._tools: dict[int, _Tool] = {}

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """Nothing yet: the events are gathered."""
        for event in events:
            if self._verbatim:
                self._body = event.wire or self._body
            elif event.choice == 0:
                self._gather(event)
        return b""

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """The whole message. `cost` is in nano-dollars."""
        if self._body is not None:
            return _ENCODE(shapes.billed(self._body, usage, cost))
        ended = {"stop_reason": self._ending.reason(), "stop_sequence": None, "usage": shapes.usage(usage, cost)}
        return _ENCODE({**shapes.head(self._id, self._model), "content": self._content(), **ended})

    def _gather(self, event: Event) -> None:
        self._ending.see(event)
        self._thoughts.append(event.reasoning)
        self._texts += [event.text, event.refusal]
        if event.tool is not None:
            self._tools.setdefault(event.tool.index, _Tool()).add(event.tool)

    def _content(self) -> list[dict[str, object]]:
        """Thoughts, text, calls."""
        content: list[dict[str, object]] = []
        thought, text = "".join(self._thoughts), "".join(self._texts)
        if thought and self._shows:
            content.append({"type": "thinking", "thinking": thought, "signature": ""})
        if text:
            content.append({"type": "text", "text": text})
        for index in sorted(self._tools):
            tool = self._tools[index]
            id = tool.id or f"toolu_{self._id}_{index}"
            arguments = shapes.tool_input(tool.arguments)
            content.append({"type": "tool_use", "id": id, "name": tool.name, "input": arguments})
        return content
