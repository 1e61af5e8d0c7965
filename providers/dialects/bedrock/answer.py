"""Reads a Converse answer, streamed or whole, into events; says when it is finished and when it is cut short.

Source: the service model `bedrock-runtime`: ConverseStreamOutput and ConverseResponse.
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct, structs

from providers.dialects.bedrock import failure, usage
from providers.dialects.bedrock.frames import Frame, Frames
from providers.dialects.whole import Whole
from providers.errors import Broken, ProviderError
from providers.words import Event, ToolDelta

FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
T = TypeVar("T")


class _Thought(Struct, gc=False):
    text: str = ""


class _Reasoning(Struct, gc=False, rename="camel"):
    """A thought: whole blocks have `reasoningText`, deltas `text`."""

    reasoning_text: _Thought | None = None
    text: str = ""


class _Use(Struct, gc=False, rename="camel"):
    """A tool call: as it begins, a piece of its arguments (text), or whole (an object)."""

    tool_use_id: str | None = None
    name: str | None = None
    input: Raw = Raw()


class _Block(Struct, gc=False, rename="camel"):
    """A content block, its beginning, or a piece of it."""

    text: str = ""
    tool_use: _Use | None = None
    reasoning_content: _Reasoning | None = None


class _Told(Struct, gc=False, rename="camel"):
    """An event of a stream, of whatever kind."""

    content_block_index: int = 0
    start: _Block | None = None
    delta: _Block | None = None
    stop_reason: str | None = None
    usage: Any = None


class _Message(Struct, gc=False):
    content: list[_Block] | None = None


class _Output(Struct, gc=False):
    message: _Message | None = None


class _Answer(Struct, gc=False, rename="camel"):
    output: _Output | None = None
    stop_reason: str | None = None
    usage: Any = None


_decode_event = msgspec.json.Decoder(_Told)
_decode_answer = msgspec.json.Decoder(_Answer)
_text = msgspec.json.Decoder(str)


class StreamReader:
    """Reads a stream of messages up to its `metadata`, which has the counts and comes last."""

    __slots__ = ("_calls", "_done", "_failure", "_finished", "_frames", "_silent")

    def __init__(self) -> None:
        self._frames = Frames()
        self._calls: dict[int, int] = {}
        self._silent: set[int] = set()
        self._finished = self._done = False
        self._failure: ProviderError | None = None

    @property
    def done(self) -> bool:
        """`metadata` has come."""
        return self._done

    def feed(self, data: bytes) -> list[Event]:
        """Events completed by these bytes. A failure behind good events is raised by the next call, feed(b"") too."""
        if self._failure:
            raise self._failure
        events: list[Event] = []
        try:
            for frame in self._frames.feed(data):
                events.append(self._event(frame))
        except ProviderError as failed:
            if not events:
                raise
            self._failure = failed
        return events

    def end(self) -> list[Event]:
        """Complete after `messageStop`. Raises Broken otherwise."""
        if self._failure:
            raise self._failure
        if not self._finished:
            raise Broken("The upstream closed before the answer was finished.", code="upstream_disconnected")
        return []

    def _event(self, frame: Frame) -> Event:
        if frame.headers.get(":message-type") != "event":
            failed = frame.headers.get(":exception-type") or frame.headers.get(":error-code", "")
            raise failure.of_event(failed, frame.payload)
        told = _decoded(_decode_event, frame.payload)
        kind = frame.headers.get(":event-type")
        if kind == "contentBlockDelta" and told.delta is not None:
            return self._delta(told.delta, told.content_block_index, frame.wire)
        if kind == "contentBlockStart" and told.start is not None and told.start.tool_use is not None:
            return self._call(told.start.tool_use, told.content_block_index, frame.wire)
        if kind == "contentBlockStop" and told.content_block_index in self._silent:
            call = self._calls[told.content_block_index]
            return Event(wire=frame.wire, tool=ToolDelta(call, arguments="{}"))
        if kind == "messageStop":
            self._finished = True
            return Event(wire=frame.wire, finish=_finish(told.stop_reason))
        self._done = kind == "metadata"
        return Event(wire=frame.wire, usage=usage.read(told.usage) if self._done else None)

    def _call(self, use: _Use, block: int, wire: bytes) -> Event:
        index = self._calls[block] = len(self._calls)
        self._silent.add(block)  # no arguments at all are an empty object, said at the block's end
        return Event(wire=wire, tool=ToolDelta(index, use.tool_use_id, use.name))

    def _delta(self, delta: _Block, block: int, wire: bytes) -> Event:
        if delta.tool_use is not None and block in self._calls:
            arguments = _decoded(_text, delta.tool_use.input)
            if arguments:
                self._silent.discard(block)
            return Event(wire=wire, tool=ToolDelta(self._calls[block], arguments=arguments) if arguments else None)
        thought = delta.reasoning_content.text if delta.reasoning_content else ""
        return Event(wire=wire, text=delta.text, reasoning=thought)


class WholeReader(Whole):
    """Reads one JSON body; everything comes at the end. The first event's wire is the whole body."""

    __slots__ = ()

    def end(self) -> list[Event]:
        """The events of the body. Raises Broken when it is no whole answer."""
        body = bytes(self._body)
        answer = _decoded(_decode_answer, body)
        message = answer.output.message if answer.output else None
        if message is None or message.content is None or answer.stop_reason is None:
            raise Broken("The upstream's answer has no content or no end.")
        events = _events(message.content) or [Event()]
        events[0] = structs.replace(events[0], wire=body, usage=usage.read(answer.usage))
        events[-1] = structs.replace(events[-1], finish=_finish(answer.stop_reason))
        return events


def _events(blocks: list[_Block]) -> list[Event]:
    events: list[Event] = []
    calls = 0
    for block in blocks:
        if block.tool_use is not None:
            use = block.tool_use
            arguments = bytes(use.input).decode() or "{}"
            events.append(Event(wire=b"", tool=ToolDelta(calls, use.tool_use_id, use.name, arguments)))
            calls += 1
        elif block.reasoning_content is not None and block.reasoning_content.reasoning_text is not None:
            events.append(Event(wire=b"", reasoning=block.reasoning_content.reasoning_text.text))
        elif block.text:
            events.append(Event(wire=b"", text=block.text))
    return events


def _finish(reason: str | None) -> str:
    """OpenAI's word; a model that failed at a call, and reasons to come, are a stop."""
    return FINISH.get(reason or "", "stop")


def _decoded(decoder: msgspec.json.Decoder[T], data: bytes | Raw) -> T:
    try:
        if not bytes(data).isascii():
            bytes(data).decode()  # msgspec does not look into the strings that it skips
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Broken("The upstream sent malformed JSON.") from None
