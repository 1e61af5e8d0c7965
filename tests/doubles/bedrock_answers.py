"""The bytes that AWS Bedrock's Converse answers with.

Synthetic: written after the service model `bedrock-runtime` and the documented event stream; no call was recorded.
"""

import json
from binascii import crc32
from struct import pack
from typing import Any

from tests.doubles.answers import chunked, response, stream_head
from tests.doubles.upstream import Script, Send

Block = dict[str, Any]


def usage(fresh: int = 9, output: int = 3, *, read: int = 0, written: int = 0) -> dict[str, int]:
    """The usage object: `fresh` prompt tokens that no cache gave or took."""
    return {
        "inputTokens": fresh,
        "outputTokens": output,
        "totalTokens": fresh + output + read + written,
        "cacheReadInputTokens": read,
        "cacheWriteInputTokens": written,
    }


def text(said: str) -> Block:
    """A text block."""
    return {"text": said}


def thought(said: str) -> Block:
    """A thought."""
    return {"reasoningContent": {"reasoningText": {"text": said, "signature": "EqQB"}}}


def tool_use(id: str, name: str, **arguments: Any) -> Block:
    """A tool call."""
    return {"toolUse": {"toolUseId": id, "name": name, "input": arguments}}


def body(*blocks: Block, stop: str = "end_turn", told: Any = None) -> bytes:
    """A whole answer's JSON."""
    answer = {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": stop,
        "usage": usage() if told is None else told,
        "metrics": {"latencyMs": 12},
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def frame(payload: Any, **headers: str) -> bytes:
    """One message of an event stream; `_` in a header's name stands for `-`, and a colon is put before it."""
    written = b"".join(
        pack(">B", len(name) + 1) + b":" + name.replace("_", "-").encode() + pack(">BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    data = json.dumps(payload, ensure_ascii=False).encode()
    prelude = pack(">II", 16 + len(written) + len(data), len(written))
    message = prelude + pack(">I", crc32(prelude)) + written + data
    return message + pack(">I", crc32(message))


def event(kind: str, payload: Any) -> bytes:
    """An event of a stream; each has some padding, as theirs do."""
    padded = {**payload, "p": "abcdefgh"}
    return frame(padded, event_type=kind, content_type="application/json", message_type="event")


def exception(kind: str, message: str) -> bytes:
    """A failure after the 200."""
    headers = {"exception_type": kind, "content_type": "application/json", "message_type": "exception"}
    return frame({"message": message}, **headers)


def stream(*blocks: Block, stop: str = "end_turn", told: Any = None) -> list[bytes]:
    """A whole stream's messages."""
    said = [event("messageStart", {"role": "assistant"})]
    for index, block in enumerate(blocks):
        said += _block(index, block)
    counted = {"usage": usage() if told is None else told, "metrics": {"latencyMs": 12}}
    return [*said, event("messageStop", {"stopReason": stop}), event("metadata", counted)]


def whole_script(*blocks: Block, **more: Any) -> Script:
    """What a scripted upstream does: one JSON body."""
    return (Send(response(body(*blocks, **more))),)


def stream_script(frames: list[bytes]) -> Script:
    """What a scripted upstream does: a stream, a write for each message."""
    return (Send(stream_head()), *(Send(chunked(each, last=False)) for each in frames), Send(chunked()))


def _block(index: int, block: Block) -> list[bytes]:
    """Only a tool's beginning is told; texts begin with their first piece."""
    begun: list[bytes] = []
    deltas: list[Block]
    if "text" in block:
        deltas = [{"text": half} for half in _halves(block["text"])]
    elif "reasoningContent" in block:
        thoughts = _halves(block["reasoningContent"]["reasoningText"]["text"])
        deltas = [{"reasoningContent": {"text": half}} for half in thoughts]
        deltas.append({"reasoningContent": {"signature": "EqQB"}})
    else:
        use = block["toolUse"]
        start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
        begun = [event("contentBlockStart", {"contentBlockIndex": index, "start": start})]
        written = json.dumps(use["input"], ensure_ascii=False) if use["input"] else ""
        deltas = [{"toolUse": {"input": half}} for half in _halves(written)]
    pieces = [event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas]
    return [*begun, *pieces, event("contentBlockStop", {"contentBlockIndex": index})]


def _halves(said: str) -> list[str]:
    middle = len(said) // 2
    return [half for half in (said[:middle], said[middle:]) if half]
