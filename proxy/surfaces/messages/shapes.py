"""Pieces of Anthropic's shapes that a stream and a whole message share."""

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from providers.words import Call, Event, Usage
from proxy.surfaces.chat_shapes import dollars
from proxy.surfaces.messages.parameters import Thinking

STOP: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""OpenAI's `finish_reason` → Anthropic's `stop_reason`. Which stop string ended an answer, chat does not tell."""
INVALID = "INVALID_JSON"
"""The field in which Anthropic's documentation puts a tool's arguments that are no JSON object."""
_object = msgspec.json.Decoder(dict[str, Raw])
_encode = msgspec.json.Encoder().encode


def shows_thinking(call: Call) -> bool:
    """Whether the client asked to read what the model thinks."""
    raw = call.own.get("thinking", Raw(b"null"))
    thinking = msgspec.json.decode(raw, type=Thinking | None)
    return thinking is not None and thinking.shown


def head(id: str, model: str) -> dict[str, object]:
    """A message without its content."""
    return {"id": f"msg_{id}", "type": "message", "role": "assistant", "model": model}


def usage(told: Usage | None, cost: int | None = None) -> dict[str, object]:
    """The usage object: what a cache gave or took is no part of `input_tokens`. `cost` is in nano-dollars."""
    told = told or Usage(0, 0)
    shape: dict[str, object] = {
        "input_tokens": told.input - told.cached - told.cache_write,
        "cache_creation_input_tokens": told.cache_write,
        "cache_read_input_tokens": told.cached,
        "output_tokens": told.output,
    }
    if told.reasoning:
        shape["output_tokens_details"] = {"thinking_tokens": told.reasoning}
    if cost is not None:
        shape["cost"] = Raw(dollars(cost))
    return shape


def billed(told: bytes, usage_billed: Usage | None, cost: int | None) -> dict[str, Raw]:
    """An upstream's own message, or `message_delta`, that says what was billed.

    Its usage gets its cost (nano-dollars), and our counts where theirs could not be true. Without usage it stays.
    """
    fields = _object.decode(told)
    if usage_billed is None or "usage" not in fields:
        return fields
    counts: dict[str, object] = dict(_object.decode(fields["usage"]))
    if usage_billed.source != "provider":
        counts |= usage(usage_billed)
    if cost is not None:
        counts["cost"] = Raw(dollars(cost))
    return fields | {"usage": Raw(_encode(counts))}


class Ending:
    """How an answer ended, gathered from its events."""

    def __init__(self) -> None:
        self._finish: str | None = None
        self._refused = False
        self._called = False

    def see(self, event: Event) -> None:
        """Take in one event."""
        self._finish = event.finish or self._finish
        self._refused |= bool(event.refusal)
        self._called |= event.tool is not None

    def reason(self) -> str:
        """Anthropic's `stop_reason`; some upstreams say `stop` after tool calls too."""
        if self._refused:
            return "refusal"
        reason = STOP.get(self._finish or "stop", "end_turn")
        return "tool_use" if reason == "end_turn" and self._called else reason


def complete(arguments: str) -> bool:
    """Whether a tool's arguments are a whole JSON object."""
    try:
        _object.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def tool_input(arguments: str) -> Raw:
    """A tool's arguments as a JSON object."""
    if not arguments.strip():
        return Raw(b"{}")
    return Raw(arguments.encode()) if complete(arguments) else Raw(_encode({INVALID: arguments}))
