"""The content blocks of a stream: each is begun, said in pieces, and ended before the next begins.

Chat's pieces of several tool calls may come mixed; Anthropic's come one call after the other. The pieces of a later
call wait until the one before it is a whole JSON object, or the answer ends.
"""

from collections.abc import Mapping

import msgspec

from providers.words import Event, ToolDelta
from proxy.surfaces.messages.shapes import complete

_ENCODE = msgspec.json.Encoder().encode


def sse(value: Mapping[str, object]) -> bytes:
    """One event, its kind twice, as Anthropic writes it."""
    return b"event: " + str(value["type"]).encode() + b"\ndata: " + _ENCODE(value) + b"\n\n"


class _Tool:
    """A tool call; `unsaid` are its arguments that have not been written, `over`: nothing more is."""

    def __init__(self) -> None:
        self.id = self.name = self.said = self.unsaid = ""
        self.over = False

    def add(self, delta: ToolDelta) -> None:
        self.id = self.id or delta.id or ""
        self.name = self.name or delta.name or ""
        self.unsaid += delta.arguments

    @property
    def whole(self) -> bool:
        """Whether nothing can follow."""
        return complete(self.said + self.unsaid)


class BlockStream:
    """Writes the blocks of one answer; `thinking`: what the model thinks is shown."""

    def __init__(self, id: str, *, thinking: bool) -> None:
        self._id, self._thinking = id, thinking
        self._at = -1
        self._open = ""
        self._tools: dict[int, _Tool] = {}
        self._speaking: _Tool | None = None
        self._waiting: list[_Tool] = []

    def write(self, event: Event) -> bytes:
        """The bytes of what one event says."""
        said = b""
        if event.reasoning and self._thinking:
            said += self._piece("thinking", "thinking_delta", event.reasoning)
        if event.text:
            said += self._piece("text", "text_delta", event.text)
        if event.refusal:
            said += self._piece("text", "text_delta", event.refusal)
        return said + self._call(event.tool) if event.tool is not None else said

    def end(self) -> bytes:
        """The end of the last block, and the calls that still waited for it."""
        said = self._close()
        for tool in list(self._waiting):
            if tool.name or tool.unsaid:
                said += self._begin_call(tool) + self._close()
        return said

    def _piece(self, kind: str, delta: str, said: str) -> bytes:
        """A piece of text or of a thought."""
        begun = b""
        if self._open != kind:
            signed = {"signature": ""} if kind == "thinking" else {}
            begun = self.end() + self._begin({"type": kind, kind: "", **signed}, kind)
        return begun + self._delta({"type": delta, kind: said})

    def _call(self, delta: ToolDelta) -> bytes:
        """A piece of a call: written at once for the one that speaks."""
        tool = self._tool(delta)
        if tool.over:
            return b""
        tool.add(delta)
        if tool is self._speaking:
            return self._arguments(tool)
        if tool.name and (self._speaking is None or self._speaking.whole):
            return self._close() + self._begin_call(tool)
        return b""

    def _tool(self, delta: ToolDelta) -> _Tool:
        """Whose piece it is; some upstreams number every call 0, so that another id is another call."""
        tool = self._tools.get(delta.index)
        if tool is None or (delta.id and tool.id and delta.id != tool.id):
            tool = self._tools[delta.index] = _Tool()
            self._waiting.append(tool)
        return tool

    def _begin_call(self, tool: _Tool) -> bytes:
        self._waiting.remove(tool)
        self._speaking = tool
        id = tool.id or f"toolu_{self._id}_{self._at + 1}"
        block = {"type": "tool_use", "id": id, "name": tool.name, "input": {}}
        return self._begin(block, "tool_use") + self._arguments(tool)

    def _arguments(self, tool: _Tool) -> bytes:
        """What is left to be written of its arguments."""
        left, tool.unsaid = tool.unsaid, ""
        tool.said += left
        return self._delta({"type": "input_json_delta", "partial_json": left}) if left else b""

    def _begin(self, block: Mapping[str, object], kind: str) -> bytes:
        self._at, self._open = self._at + 1, kind
        return sse({"type": "content_block_start", "index": self._at, "content_block": block})

    def _delta(self, delta: Mapping[str, object]) -> bytes:
        return sse({"type": "content_block_delta", "index": self._at, "delta": delta})

    def _close(self) -> bytes:
        if self._speaking is not None:
            self._speaking.over, self._speaking = True, None
        was, self._open = self._open, ""
        return sse({"type": "content_block_stop", "index": self._at}) if was else b""
