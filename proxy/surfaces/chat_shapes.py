"""Pieces of OpenAI's shapes that several answers share."""

import msgspec
from msgspec import Raw

from providers.words import ToolDelta, Usage

_ENCODE = msgspec.json.Encoder().encode
_FIELDS = msgspec.json.Decoder(dict[str, Raw])


class ToolCalls:
    """The tool calls of one choice, by index; ids and names come once, arguments in pieces."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, str]] = {}

    def gather(self, delta: ToolDelta) -> None:
        """Take in a piece."""
        call = self._calls.setdefault(delta.index, {"id": "", "name": "", "arguments": ""})
        call["id"] = delta.id or call["id"]
        call["name"] = delta.name or call["name"]
        call["arguments"] += delta.arguments

    def gathered(self) -> list[dict[str, object]]:
        """The complete calls, in order of their index."""
        calls = [self._calls[index] for index in sorted(self._calls)]
        return [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for call in calls
        ]


def tool_delta(delta: ToolDelta) -> dict[str, object]:
    """A piece of a tool call in the stream's shape."""
    function: dict[str, str] = {"arguments": delta.arguments}
    if delta.name is not None:
        function = {"name": delta.name, **function}
    if delta.id is None:
        return {"index": delta.index, "function": function}
    return {"index": delta.index, "id": delta.id, "type": "function", "function": function}


def dollars(nano: int) -> bytes:
    """Nano-dollars as an exact JSON number in dollars, without an exponent: 1500 → 0.0000015."""
    text = f"{nano // 10**9}.{nano % 10**9:09d}".rstrip("0")
    return (text + "0" if text.endswith(".") else text).encode()


def usage_json(usage: Usage, cost: int | None) -> bytes:
    """The usage object in OpenAI's chat shape; `cost` in dollars where it is known."""
    shape: dict[str, object] = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
    if cost is not None:
        shape["cost"] = Raw(dollars(cost))
    return _ENCODE(shape)


def priced(body: bytes, cost: int | None) -> bytes:
    """An upstream's own body with `usage.cost`, where it has usage; `cost` is in nano-dollars."""
    if cost is None:
        return body
    whole = _FIELDS.decode(body)
    try:
        usage = _FIELDS.decode(whole["usage"])
    except (KeyError, msgspec.DecodeError):
        return body
    usage["cost"] = Raw(dollars(cost))
    whole["usage"] = Raw(_ENCODE(usage))
    return _ENCODE(whole)
