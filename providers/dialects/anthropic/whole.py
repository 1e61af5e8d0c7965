"""Reads a whole Anthropic answer, one JSON body, into events: one for each content block."""

from msgspec import structs

from providers.dialects.anthropic import message, usage
from providers.dialects.anthropic.message import Block
from providers.errors import Broken
from providers.words import Event, ToolDelta

LARGEST_BODY = 32 << 20
"""Bytes of a whole answer."""


class WholeReader:
    """Everything comes at the end. The first event's wire is the whole body; the last event has the finish."""

    __slots__ = ("_body",)

    def __init__(self) -> None:
        self._body = bytearray()

    @property
    def done(self) -> bool:
        """A whole body ends where its length says."""
        return False

    def feed(self, data: bytes) -> list[Event]:
        """Keeps the bytes. Raises Broken above LARGEST_BODY."""
        self._body += data
        if len(self._body) > LARGEST_BODY:
            raise Broken(f"The upstream sent an answer of more than {LARGEST_BODY} bytes.")
        return []

    def end(self) -> list[Event]:
        """The events of the body. Raises Broken when it is no whole answer."""
        body = bytes(self._body)
        told = message.message(body)
        if told.content is None or told.stop_reason is None:
            raise Broken("The upstream's answer has no content or no end.")
        events = _events(told.content) or [Event(wire=b"")]
        events[0] = structs.replace(events[0], wire=body, usage=usage.read(told.usage), answered=told.model)
        events[-1] = structs.replace(events[-1], finish=message.finish(told.stop_reason))
        return events


def _events(blocks: list[Block]) -> list[Event]:
    events: list[Event] = []
    tools = 0
    for block in blocks:
        if block.type == "tool_use":
            arguments = bytes(block.input).decode() or "{}"
            events.append(Event(wire=b"", tool=ToolDelta(tools, block.id, block.name, arguments)))
            tools += 1
        else:
            events.append(block.event(b""))
    return events
