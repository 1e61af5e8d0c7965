"""A conversation in Gemini's words: system text apart, turns of `user` and `model`, calls and results as parts.

A result names its function, which chat does not: it is found by the call's id. From Gemini 3 on the first call of a
turn must carry the thought's signature, which chat has no field for; Google documents a word in its place
(https://ai.google.dev/gemini-api/docs/thought-signatures).
"""

import mimetypes
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from providers.dialects import asked
from providers.dialects.parameters import unsupported
from providers.dialects.turns import Block, Turn, gathered, unknown
from providers.errors import CallerError
from providers.words import Message, Part, ToolCall

UNSIGNED = "skip_thought_signature_validator"


class _Audio(Struct):
    data: str
    format: str


class _File(Struct):
    file_data: str = ""


_audio = msgspec.json.Decoder(_Audio)
_file = msgspec.json.Decoder(_File)


def told(messages: Sequence[Message], *, signed: bool) -> tuple[list[Block], list[dict[str, object]]]:
    """The system parts, and the turns; `signed`: calls need a signature. Raises CallerError naming `messages`."""
    names = {call.id: call.function.name for message in messages for call in message.tool_calls or ()}
    system, turns = gathered(messages, _content, lambda message: _said(message, names, signed))
    return system, [{"role": role, "parts": parts} for role, parts in turns]


def _said(message: Message, names: dict[str, str], signed: bool) -> Turn:
    """Who speaks, and what."""
    if message.role == "user":
        return "user", _content(message)
    if message.role == "assistant":
        calls = [_call(call) for call in message.tool_calls or ()]
        if calls and signed:
            calls[0]["thoughtSignature"] = UNSIGNED
        return "model", [*_content(message), *calls]
    if message.role == "tool":
        return "user", [_result(message, names)]
    raise unknown(message.role)


def _content(message: Message) -> list[Block]:
    if isinstance(message.content, tuple):
        parts = (_part(part) for part in message.content)
        return [part for part in parts if part is not None]
    return [{"text": message.content}] if message.content else []


def _part(part: Part) -> Block | None:
    if part.type == "text":
        return {"text": part.text} if part.text else None
    if part.type == "image_url":
        found = asked.image(part.image_url)
        return _linked(found) if isinstance(found, str) else _inline(found)
    if part.type == "input_audio":
        audio = asked.decoded(part.input_audio, _audio)
        return _inline(asked.Inline(f"audio/{audio.format}", audio.data))
    if part.type == "file":
        data = asked.inline(asked.decoded(part.file, _file).file_data)
        if data is not None:
            return _inline(data)
        raise unsupported(asked.MESSAGES, "a file must come as base64 data in `file_data`")
    raise unsupported(asked.MESSAGES, f"there are no parts of the type '{part.type[:40]}'")


def _inline(data: asked.Inline) -> Block:
    return {"inlineData": {"mimeType": data.media_type, "data": data.data}}


def _linked(url: str) -> Block:
    """An address that Google fetches; it wants the type beside it."""
    kind, _ = mimetypes.guess_type(urlsplit(url).path)
    if kind is None:
        raise unsupported(asked.MESSAGES, "an image's address must end with its type, as in `.png`")
    return {"fileData": {"mimeType": kind, "fileUri": url}}


def _call(call: ToolCall) -> Block:
    return {"functionCall": {"id": call.id, "name": call.function.name, "args": asked.arguments(call)}}


def _result(message: Message, names: dict[str, str]) -> Block:
    name = names.get(message.tool_call_id or "")
    if name is None:
        text = "A tool message answers a call that an assistant made before, by its id."
        raise CallerError(text, param=asked.MESSAGES, code="invalid_value")
    if any(part.type != "text" for part in message.content or () if isinstance(part, Part)):
        raise unsupported(asked.MESSAGES, "a tool's result takes text only")
    response = {"id": message.tool_call_id, "name": name, "response": {"result": message.text()}}
    return {"functionResponse": response}
