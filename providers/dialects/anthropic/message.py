"""The JSON objects of an Anthropic answer: the events of a stream and the whole message, decoded leniently.

The decoders take only the fields that Halfpenny looks at; new kinds of events and blocks are announced in the
documentation as something to be tolerated. The bytes themselves travel in `Event.wire`, untouched.
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from providers.dialects.anthropic import failure
from providers.errors import Broken
from providers.words import Event

T = TypeVar("T")

FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Block(Struct, gc=False):
    """A content block, whole or as it begins in a stream."""

    type: str = ""
    id: str | None = None
    name: str | None = None
    input: Raw = Raw()
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None

    def event(self, wire: bytes) -> Event:
        """What the block says, tool calls apart. A signature and redacted thinking go into `extra`."""
        if self.type == "text":
            return Event(wire=wire, text=self.text or "")
        if self.type == "thinking":
            return Event(wire=wire, reasoning=self.thinking or "", extra=extra("signature", self.signature))
        if self.type == "redacted_thinking":
            return Event(wire=wire, extra=extra("redacted_thinking", self.data))
        return Event(wire=wire)


class Delta(Struct, gc=False):
    """A piece of a block, or the end of the message."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class Message(Struct, gc=False):
    """A whole message, or the empty one that a stream begins with."""

    type: str = ""
    model: str | None = None
    content: list[Block] | None = None
    stop_reason: str | None = None
    usage: Any = None
    error: Any = None


class StreamEvent(Struct, gc=False):
    """One event of a stream, of whatever kind."""

    type: str = ""
    index: int = 0
    message: Message | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: Any = None
    error: Any = None


_decode_message = msgspec.json.Decoder(Message).decode
_decode_event = msgspec.json.Decoder(StreamEvent).decode


def message(data: bytes) -> Message:
    """A whole body. Raises Broken for malformed bytes, else what an error object means."""
    try:
        _check_text(data)
        told = _decode_message(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _malformed() from None
    if told.type == "error" or told.error:
        raise failure.of_event(told.error)
    return told


def event(data: bytes, name: bytes = b"") -> StreamEvent:
    """One event's data under its name. Raises Broken for malformed bytes, else what an error event means."""
    try:
        _check_text(data)
        told = _decode_event(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _malformed() from None
    if told.type == "error" or name == b"error":
        raise failure.of_event(told.error)
    return told


def finish(stop_reason: str | None) -> str | None:
    """OpenAI's word; reasons to come are a stop."""
    return FINISH.get(stop_reason, "stop") if stop_reason else None


def extra(name: str, value: str | None) -> dict[str, Raw] | None:
    """A value that only this dialect knows, as raw JSON."""
    return {name: Raw(msgspec.json.encode(value))} if value else None


def _check_text(data: bytes) -> None:
    if not data.isascii():
        data.decode()  # msgspec does not look into the strings that it skips


def _malformed() -> Broken:
    return Broken("The upstream sent malformed JSON.")
