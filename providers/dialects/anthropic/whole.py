"""Reads a whole Anthropic answer, one JSON body, into events: one for each content block."""

import msgspec
from msgspec import Struct, structs

from providers.dialects.anthropic import message, usage
from providers.dialects.anthropic.message import Block
from providers.dialects.openai.usage import Tokens
from providers.dialects.whole import Whole
from providers.errors import Broken
from providers.words import Event, ToolDelta, Usage


class _Count(Struct):
    input_tokens: Tokens


_count = msgspec.json.Decoder(_Count)


class CountReader(Whole):
    """The answer of `/messages/count_tokens`: one event whose usage is the prompt."""

    __slots__ = ()

    def end(self) -> list[Event]:
        """The count. Raises Broken when there is none."""
        try:
            return [Event(finish="stop", usage=Usage(_count.decode(self._body).input_tokens, 0))]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Broken("The upstream's count of tokens makes no sense.") from None


class WholeReader(Whole):
    """Everything comes at the end. The first event's wire is the whole body; the last event has the finish."""

    __slots__ = ()

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
