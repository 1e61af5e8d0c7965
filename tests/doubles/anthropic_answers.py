"""The bytes that Anthropic's Messages API answers with.

Synthetic: written after the documented formats (https://platform.claude.com/docs/en/build-with-claude/streaming and
/api/errors), names, order and odd habits included; no call was recorded.
"""

import json
from typing import Any

from tests.doubles.answers import chunked, response, stream_head
from tests.doubles.upstream import Script, Send

MODEL = "claude-haiku-4-5-20251001"
PING = b'event: ping\ndata: {"type": "ping"}\n\n'

Block = dict[str, Any]


def usage(fresh: int = 9, output: int = 3, *, read: int = 0, written: int = 0, thinking: int = 0) -> dict[str, Any]:
    """The usage object: `fresh` prompt tokens that no cache gave or took."""
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": thinking},
        "service_tier": "standard",
    }


def text(said: str) -> Block:
    """A text block."""
    return {"type": "text", "text": said}


def thinking(thought: str, signature: str = "EqQBCg==") -> Block:
    """A thinking block."""
    return {"type": "thinking", "thinking": thought, "signature": signature}


def tool_use(id: str, name: str, **arguments: Any) -> Block:
    """A tool call."""
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def body(*blocks: Block, stop: str = "end_turn", told: Any = None, model: str = MODEL) -> bytes:
    """A whole message's JSON. `told` is the usage object (None: `usage()`)."""
    return _json(
        {
            "model": model,
            "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
            "type": "message",
            "role": "assistant",
            "content": list(blocks),
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": usage() if told is None else told,
        }
    )


def event(kind: str, **fields: Any) -> bytes:
    """One event of a stream, its kind twice, as they write it."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), _json({"type": kind, **fields}))


def start(told: Any = None, *, model: str = MODEL) -> bytes:
    """`message_start`: an empty message and the prompt's tokens."""
    message = json.loads(body(told=usage(output=1) if told is None else told, model=model))
    return event("message_start", message={**message, "stop_reason": None})


def end(stop: str = "end_turn", told: Any = None) -> list[bytes]:
    """`message_delta` and `message_stop`; `told` (None: `usage()`) is cumulative."""
    delta = {"stop_reason": stop, "stop_sequence": None}
    return [event("message_delta", delta=delta, usage=usage() if told is None else told), event("message_stop")]


def block_events(index: int, block: Block) -> list[bytes]:
    """One block as it is streamed: its empty beginning, its pieces, its end."""
    deltas, empty = _pieces(block)
    return [
        event("content_block_start", index=index, content_block=empty),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def stream(*blocks: Block, stop: str = "end_turn", told: Any = None, begun: Any = None) -> list[bytes]:
    """A whole stream's events; a ping comes after the first, as theirs does."""
    begin = usage(output=1) if begun is None else begun
    said = [event for index, block in enumerate(blocks) for event in block_events(index, block)]
    return [start(begin), PING, *said, *end(stop, told)]


def error(type: str, message: str, **more: Any) -> bytes:
    """An error body."""
    return _json({"type": "error", "error": {"type": type, "message": message, **more}, "request_id": "req_011CS"})


def error_event(type: str, message: str) -> bytes:
    """An error in the middle of a stream, after the 200."""
    return b"event: error\ndata: " + error(type, message) + b"\n\n"


def whole_script(*blocks: Block, **more: Any) -> Script:
    """What a scripted upstream does: one JSON body."""
    return (Send(response(body(*blocks, **more))),)


def stream_script(events: list[bytes]) -> Script:
    """What a scripted upstream does: a stream, a write for each event."""
    return (Send(stream_head()), *(Send(chunked(event, last=False)) for event in events), Send(chunked()))


def _pieces(block: Block) -> tuple[list[dict[str, Any]], Block]:
    """The deltas of a block, in two halves, and what the block begins as."""
    if block["type"] == "text":
        return [{"type": "text_delta", "text": half} for half in _halves(block["text"])], text("")
    if block["type"] == "thinking":
        thoughts = [{"type": "thinking_delta", "thinking": half} for half in _halves(block["thinking"])]
        return [*thoughts, {"type": "signature_delta", "signature": block["signature"]}], thinking("", "")
    if block["type"] != "tool_use":
        return [], block
    written = json.dumps(block["input"]) if block["input"] else ""
    halves = ["", *_halves(written)]
    return [{"type": "input_json_delta", "partial_json": half} for half in halves], {**block, "input": {}}


def _halves(said: str) -> list[str]:
    middle = len(said) // 2
    return [half for half in (said[:middle], said[middle:]) if half]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
