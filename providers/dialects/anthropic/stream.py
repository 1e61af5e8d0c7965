"""Reads a streamed Anthropic answer into events; says when it is finished and when it is cut short.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming.
"""

from msgspec import Raw, structs

from providers.dialects.anthropic import message, usage
from providers.dialects.anthropic.message import StreamEvent
from providers.dialects.sse import Framed, Splitter
from providers.errors import Broken, ProviderError
from providers.words import Event, ToolDelta, Usage

EMPTY_INPUTS = (b"", b"null", b"{}")


class _Tool:
    """A tool call that is being written; `input` is what it began with, `begun` whether arguments have come since."""

    __slots__ = ("begun", "index", "input")

    def __init__(self, index: int, input: Raw) -> None:
        self.index = index
        self.input = bytes(input)
        self.begun = False

    def rest(self) -> str:
        """What is left to be said at the block's end: no arguments at all are an empty object."""
        if self.begun:
            return ""
        return "{}" if self.input in EMPTY_INPUTS else self.input.decode()


class StreamReader:
    """Reads a stream of events up to `message_stop`; what follows is ignored. Each event has its own wire."""

    __slots__ = ("_failure", "_splitter", "_stopped", "_tool_count", "_tools", "_usage")

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._stopped = False
        self._failure: ProviderError | None = None
        self._tools: dict[int, _Tool] = {}
        self._tool_count = 0
        self._usage: Usage | None = None

    @property
    def done(self) -> bool:
        """`message_stop` has come."""
        return self._stopped

    def feed(self, data: bytes) -> list[Event]:
        """Events completed by these bytes. A failure behind good events is raised by the next call, feed(b"") too."""
        if self._failure:
            raise self._failure
        return self._read(self._splitter.feed(data))

    def end(self) -> list[Event]:
        """Complete after `message_stop`. Raises Broken otherwise, or what an error object alone means."""
        if self._failure:
            raise self._failure
        events = self._read(self._splitter.end())
        if self._stopped:
            return events
        if self._splitter.rest.lstrip().startswith(b"{"):
            message.message(self._splitter.rest)
            raise Broken("The upstream sent a whole answer where a stream was asked for.")
        raise Broken("The upstream closed before the answer was finished.", code="upstream_disconnected")

    def _read(self, framed: list[Framed]) -> list[Event]:
        events: list[Event] = []
        try:
            for wire, data, name in framed:
                if self._stopped:
                    break
                events.append(self._event(message.event(data, name), wire))
        except ProviderError as failure:
            if not events:
                raise
            self._failure = failure
        return events

    def _event(self, told: StreamEvent, wire: bytes) -> Event:
        if told.type == "content_block_delta":
            return self._delta(told, wire)
        if told.type == "content_block_start":
            return self._block(told, wire)
        if told.type == "content_block_stop":
            return self._block_end(told, wire)
        if told.type == "message_start":
            return self._start(told, wire)
        if told.type == "message_delta":
            self._usage = usage.read(told.usage, self._usage) if told.usage is not None else self._usage
            reason = told.delta.stop_reason if told.delta else None
            return Event(wire=wire, finish=message.finish(reason), usage=self._usage)
        self._stopped = told.type == "message_stop"
        return Event(wire=wire)

    def _start(self, told: StreamEvent, wire: bytes) -> Event:
        """The prompt's tokens, for who leaves early; the output's are not known before the end."""
        if told.message is None:
            return Event(wire=wire)
        begun = usage.read(told.message.usage)
        self._usage = structs.replace(begun, output=0, reasoning=0) if begun else None
        return Event(wire=wire, usage=self._usage, answered=told.message.model)

    def _block(self, told: StreamEvent, wire: bytes) -> Event:
        block = told.content_block
        if block is None or block.type != "tool_use":
            return block.event(wire) if block else Event(wire=wire)
        self._tools[told.index] = tool = _Tool(self._tool_count, block.input)
        self._tool_count += 1
        return Event(wire=wire, tool=ToolDelta(tool.index, block.id, block.name))

    def _delta(self, told: StreamEvent, wire: bytes) -> Event:
        delta = told.delta
        if delta is None:
            return Event(wire=wire)
        if delta.type == "text_delta":
            return Event(wire=wire, text=delta.text or "")
        if delta.type == "thinking_delta":
            return Event(wire=wire, reasoning=delta.thinking or "")
        if delta.type == "signature_delta":
            return Event(wire=wire, extra=message.extra("signature", delta.signature))
        tool = self._tools.get(told.index)
        if tool is None or not delta.partial_json:
            return Event(wire=wire)
        tool.begun = True
        return Event(wire=wire, tool=ToolDelta(tool.index, arguments=delta.partial_json))

    def _block_end(self, told: StreamEvent, wire: bytes) -> Event:
        tool = self._tools.pop(told.index, None)
        rest = tool.rest() if tool else ""
        return Event(wire=wire, tool=ToolDelta(tool.index, arguments=rest) if tool and rest else None)
