"""The bytes of the benchmark: what is asked, and what the upstream answers, shaped as OpenAI's servers write them."""

import json
from typing import Any

TOKENS = 64
EVENTS = TOKENS + 4
"""Of a stream: the role, a token each, the finish, the usage, `[DONE]`."""
_MADE = {"id": "chatcmpl-CTfT2Wkq0pV7yqv6hRkz3bXb1N8aQ", "created": 1763650000, "model": "gpt-4o-mini-2024-07-18"}
_TEXT = "The sea was calm, and the boat moved slowly towards the harbour. "


def request(port: int, model: str, key: str, *, stream: bool) -> bytes:
    """A chat request as the official SDK would put it on the wire."""
    asked: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant who answers briefly."},
            {"role": "user", "content": "Tell me about a boat in the evening. " + _TEXT * 4},
        ],
        "temperature": 0.7,
        "max_tokens": 256,
    }
    if stream:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    body = _json(asked)
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "accept: application/json",
        "content-type: application/json",
        "user-agent: OpenAI/Python 2.0.0",
        f"authorization: Bearer {key}",
        f"content-length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def whole() -> bytes:
    """A response of about 800 bytes: one JSON body and its head."""
    message: dict[str, Any] = {"role": "assistant", "content": _TEXT * 3, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    shape = {**_MADE, "object": "chat.completion", "choices": [choice], "usage": _usage(), "service_tier": "default"}
    body = _json({**shape, "system_fingerprint": "fp_560af6e559"})
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def stream() -> bytes:
    """A response with `EVENTS` server-sent events of about 305 bytes, each an HTTP chunk of its own.

    `x-accel-buffering` tells nginx to pass them on as they come, as providers behind nginx do.
    """
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    events = [
        _event({"role": "assistant", "content": "", "refusal": None}),
        *(_event({"content": " harbour"}) for _ in range(TOKENS)),
        _event({}, finish="stop"),
        _event(None, usage=_usage()),
        b"data: [DONE]\n\n",
    ]
    body = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)
    return head + b"transfer-encoding: chunked\r\nx-accel-buffering: no\r\n\r\n" + body + b"0\r\n\r\n"


def _event(delta: dict[str, Any] | None, *, finish: str | None = None, usage: dict[str, Any] | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    shape = {
        **_MADE,
        "object": "chat.completion.chunk",
        "service_tier": "default",
        "system_fingerprint": "fp_560af6e559",
        "choices": [] if delta is None else [choice],
        "usage": usage,
    }
    return b"data: " + _json(shape) + b"\n\n"


def _usage() -> dict[str, Any]:
    return {
        "prompt_tokens": 84,
        "completion_tokens": TOKENS,
        "total_tokens": 84 + TOKENS,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
