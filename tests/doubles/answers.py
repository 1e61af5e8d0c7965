"""The bytes that an OpenAI-compatible upstream answers with, as real ones write them."""

import json
from typing import Any

CREATED = 1700000000
MODEL = "upstream-1"
DONE = b"data: [DONE]\n\n"


def usage(prompt: int = 9, completion: int = 3, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """OpenAI's usage object."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
    }


def chat_body(text: str = "Paris.", *, model: str = MODEL, told: Any = None, finish: str = "stop") -> bytes:
    """A whole chat answer's JSON. `told` is the usage object (None: `usage()`)."""
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    return _json(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": CREATED,
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
            "usage": usage() if told is None else told,
            "service_tier": "default",
            "system_fingerprint": "fp_1",
        }
    )


def chunk(delta: dict[str, Any] | None, *, model: str = MODEL, finish: str | None = None, told: Any = None) -> bytes:
    """One event of a chat stream; `delta` None: the usage event, which has no choices."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    value = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
        "system_fingerprint": "fp_1",
        "choices": [] if delta is None else [choice],
        "usage": told,
    }
    return b"data: " + _json(value) + b"\n\n"


def chat_events(texts: list[str], *, model: str = MODEL, told: Any = None, finish: str = "stop") -> list[bytes]:
    """A chat stream: role, a chunk per text, finish, usage, `[DONE]`."""
    return [
        chunk({"role": "assistant", "content": "", "refusal": None}, model=model),
        *(chunk({"content": text}, model=model) for text in texts),
        chunk({}, model=model, finish=finish),
        chunk(None, model=model, told=usage(completion=len(texts)) if told is None else told),
        DONE,
    ]


def embeddings_body(vectors: list[list[float]], *, model: str = "embed-1", prompt: int = 4) -> bytes:
    """A whole embeddings answer's JSON."""
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    told = {"prompt_tokens": prompt, "total_tokens": prompt}
    return _json({"object": "list", "data": data, "model": model, "usage": told})


def error_body(message: str, *, type: str = "invalid_request_error", code: Any = None, param: Any = None) -> bytes:
    """OpenAI's error object."""
    return _json({"error": {"message": message, "type": type, "param": param, "code": code}})


def response(body: bytes, *, status: str = "200 OK", kind: str = "application/json", headers: str = "") -> bytes:
    """A whole HTTP response with a content length; `headers` are further lines, each ended by CRLF."""
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


def stream_head(headers: str = "") -> bytes:
    """The head of a chunked event stream."""
    kind = "content-type: text/event-stream; charset=utf-8\r\n"
    return f"HTTP/1.1 200 OK\r\n{kind}transfer-encoding: chunked\r\n{headers}\r\n".encode()


def chunked(*pieces: bytes, last: bool = True) -> bytes:
    """Pieces in HTTP's chunked coding."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + (b"0\r\n\r\n" if last else b"")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
