"""The chat surface's stream: events into SSE bytes.

Where the provider speaks the same dialect its wires pass verbatim; only the usage event is re-encoded, so that
`usage.cost` can stand in it. Otherwise chunks are written from the events' fields.
"""

import msgspec
from msgspec import Raw

from providers.words import Call, Event, Usage
from proxy.surfaces.chat_shapes import dollars, tool_delta, usage_json

_ENCODE = msgspec.json.Encoder().encode
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_NULL_USAGE = b',"usage":null'
DONE = b"data: [DONE]\n\n"
CONTENT_TYPE = b"text/event-stream; charset=utf-8"


class StreamWriter:
    """Writes one answer as `chat.completion.chunk` events, ending with `[DONE]`."""

    content_type = CONTENT_TYPE
    streams = True
    PREFIX, OBJECT = "chatcmpl-", "chat.completion.chunk"

    def __init__(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> None:
        self._verbatim = verbatim
        self._wanted = call.view.include_usage
        self._reported = False
        self._started: set[int] = set()
        head = {"id": f"{self.PREFIX}{id}", "object": self.OBJECT, "created": created, "model": model}
        self._head = b"data: " + _ENCODE(head)[:-1] + b',"choices":['
        self._tail = b'],"usage":null}\n\n' if self._wanted else b"]}\n\n"

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """The bytes of these events, to be sent at once. `cost` is in nano-dollars, as far as it is known."""
        return b"".join([self._event(event, cost) for event in events])

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """What follows the last event: the usage chunk if it was asked for and has not come, and `[DONE]`."""
        if self._wanted and not self._reported and usage is not None:
            return self._usage(usage, cost) + DONE
        return DONE

    def _event(self, event: Event, cost: int | None) -> bytes:
        wire = event.wire
        if wire is None or not self._verbatim:
            choice = self._choice(event)
            return self._head + _ENCODE(choice) + self._tail if choice is not None else b""
        if event.usage is not None:
            return self._priced(event, wire, cost)
        if not self._wanted and _NULL_USAGE in wire[-32:]:
            cut = wire.rfind(_NULL_USAGE)
            return wire[:cut] + wire[cut + len(_NULL_USAGE) :]
        return wire

    def _priced(self, event: Event, wire: bytes, cost: int | None) -> bytes:
        """The usage event: with its cost for who asked, without its usage (or not at all) for who did not."""
        chunk = _FIELDS.decode(b"".join(line[5:] for line in wire.splitlines() if line.startswith(b"data:")))
        if self._wanted:
            self._reported = True
            usage = _FIELDS.decode(chunk["usage"])
            if cost is not None:
                usage["cost"] = Raw(dollars(cost))
            chunk["usage"] = Raw(_ENCODE(usage))
        elif event.speaks():
            del chunk["usage"]
        else:
            return b""
        return b"data: " + _ENCODE(chunk) + b"\n\n"

    def _choice(self, event: Event) -> dict[str, object] | None:
        """What the event says; its usage comes at the end, because a provider may tell it in parts and early."""
        delta = self._delta(event)
        if not delta and not event.finish:
            return None
        return {
            "index": event.choice,
            "delta": delta,
            "logprobs": _raw(event.logprobs),
            "finish_reason": event.finish,
        }

    def _delta(self, event: Event) -> dict[str, object]:
        delta: dict[str, object] = {}
        if event.text:
            delta["content"] = event.text
        if event.reasoning:
            delta["reasoning_content"] = event.reasoning
        if event.refusal:
            delta["refusal"] = event.refusal
        if event.tool is not None:
            delta["tool_calls"] = [tool_delta(event.tool)]
        if event.choice not in self._started and (delta or event.finish):
            self._started.add(event.choice)
            delta = {"role": "assistant", "content": None if event.tool else "", **delta}
        return delta

    def _usage(self, usage: Usage, cost: int | None) -> bytes:
        self._reported = True
        return self._head + b'],"usage":' + usage_json(usage, cost) + b"}\n\n"


def _raw(value: Raw) -> Raw | None:
    return value if bytes(value) else None
