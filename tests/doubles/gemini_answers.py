"""The bytes that Gemini's `generateContent` answers with.

Synthetic: written after the documented formats (https://ai.google.dev/api/generate-content) and the official SDK's
types; no call was recorded.
"""

import json
from typing import Any

from tests.doubles.answers import chunked, response, stream_head
from tests.doubles.upstream import Script, Send

MODEL = "gemini-2.5-flash"
Part = dict[str, Any]


def usage(prompt: int = 9, output: int = 3, *, thoughts: int = 0, cached: int = 0) -> dict[str, Any]:
    """`usageMetadata`; they leave out what is zero."""
    counts = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": output,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": cached,
        "totalTokenCount": prompt + output + thoughts,
    }
    return {name: count for name, count in counts.items() if count}


def text(said: str) -> Part:
    """A part that says something."""
    return {"text": said}


def thought(said: str) -> Part:
    """A part of a thought's summary."""
    return {"text": said, "thought": True}


def call(name: str, **arguments: Any) -> Part:
    """A function call, signed as from Gemini 3 on."""
    return {"functionCall": {"name": name, "args": arguments}, "thoughtSignature": "CpYC"}


def answer(*parts: Part, finish: str | None = "STOP", told: Any = None, index: int = 0, **more: Any) -> dict[str, Any]:
    """A whole answer, or a stream's chunk (`finish` None) of one candidate."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": index, **more}
    if finish is not None:
        candidate["finishReason"] = finish
    metadata = usage() if told is None else told
    return {"candidates": [candidate], "usageMetadata": metadata, "modelVersion": MODEL, "responseId": "Il0taoSYJ5Cez7"}


def event(value: dict[str, Any]) -> bytes:
    """One event of a stream."""
    return b"data: " + written(value) + b"\r\n\r\n"


def stream(*parts: Part, finish: str = "STOP", told: Any = None) -> list[bytes]:
    """A stream: an event for each part; the counts so far in each, the reason in the last."""
    final = usage() if told is None else told
    so_far = {**final, "candidatesTokenCount": 1}
    so_far["totalTokenCount"] = so_far.get("promptTokenCount", 0) + 1 + so_far.get("thoughtsTokenCount", 0)
    begun = [event(answer(part, finish=None, told=so_far)) for part in parts[:-1]]
    return [*begun, event(answer(*parts[-1:], finish=finish, told=final))]


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> bytes:
    """An error body."""
    return written({"error": {"code": code, "message": message, "status": status, "details": list(details)}})


def whole_script(*parts: Part, **more: Any) -> Script:
    """What a scripted upstream does: one JSON body."""
    return (Send(response(written(answer(*parts, **more)))),)


def stream_script(events: list[bytes]) -> Script:
    """What a scripted upstream does: a stream, a write for each event."""
    return (Send(stream_head()), *(Send(chunked(event, last=False)) for event in events), Send(chunked()))


def written(value: Any) -> bytes:
    """As they write JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode().replace(b"\n", b" ")
