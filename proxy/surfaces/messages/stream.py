"""The Messages surface's stream: events into Anthropic's SSE.

Where the provider speaks the same dialect its wires pass verbatim; only `message_delta` waits for the end and is
re-encoded, so that what is billed can stand in it. Otherwise the events are written from the fields.
Source: https://platform.claude.com/docs/en/build-with-claude/streaming.
"""

from providers.words import Call, Event, Usage
from proxy.surfaces.messages import shapes
from proxy.surfaces.messages.block_stream import BlockStream, sse

PING = sse({"type": "ping"})
LAST = sse({"type": "message_stop"})


class StreamWriter:
    """Writes one answer as `message_start`, its blocks, `message_delta` and `message_stop`."""

    content_type = b"text/event-stream; charset=utf-8"
    streams = True

    def __init__(self, call: Call, id: str, model: str, verbatim: bool) -> None:
        self._verbatim = verbatim
        self._blocks = BlockStream(id, thinking=shapes.shows_thinking(call))
        self._ending = shapes.Ending()
        self._tail: list[bytes] = []
        empty: dict[str, object] = {
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": shapes.usage(None),
        }
        self._head = sse({"type": "message_start", "message": shapes.head(id, model) | empty}) + PING

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """The bytes of these events, to be sent at once. `cost` is in nano-dollars, as far as it is known."""
        if self._verbatim:
            return b"".join([self._wire(event) for event in events])
        head, self._head = self._head, b""
        return head + b"".join([self._event(event) for event in events if event.choice == 0])

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """What follows the last event: the usage, for a client reads it in `message_delta`, and `message_stop`."""
        if self._verbatim:
            return b"".join([*(_billed(wire, usage, cost) for wire in self._tail[:1]), *self._tail[1:]])
        delta = {"stop_reason": self._ending.reason(), "stop_sequence": None}
        last = sse({"type": "message_delta", "delta": delta, "usage": shapes.usage(usage, cost)})
        return self._head + self._blocks.end() + last + LAST

    def _event(self, event: Event) -> bytes:
        self._ending.see(event)
        return self._blocks.write(event)

    def _wire(self, event: Event) -> bytes:
        wire = event.wire or b""
        if not self._tail and event.finish is None:
            return wire
        self._tail.append(wire)
        return b""


def _billed(wire: bytes, usage: Usage | None, cost: int | None) -> bytes:
    """A `message_delta` that says what was billed."""
    told = shapes.billed(b"".join(line[5:] for line in wire.splitlines() if line.startswith(b"data:")), usage, cost)
    return sse({**told, "type": "message_delta"})
