"""A conversation in Converse's words: system text apart, turns that alternate, tool calls and results as blocks.

Neighbours of one role become one turn, so that the results of parallel tool calls stand together. Empty texts, which
are refused there, are left out; so is a message's `name`. Nothing is fetched: an image must come with the call.
"""

from collections.abc import Iterable

from msgspec import Raw

from providers.dialects import asked
from providers.dialects.parameters import unsupported
from providers.dialects.turns import Block, Turn, gathered, unknown
from providers.errors import CallerError
from providers.words import Message, Part, ToolCall

IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}


def told(messages: Iterable[Message]) -> tuple[list[Block], list[dict[str, object]]]:
    """The system blocks, and the turns. Raises CallerError naming `messages`."""
    system, turns = gathered(messages, _content, _said)
    return system, [{"role": role, "content": blocks} for role, blocks in turns]


def cached(control: Raw) -> list[Block]:
    """A point up to which the prefix is worth caching, where the client marked one."""
    return [] if bytes(control) in (b"", b"null") else [{"cachePoint": {"type": "default"}}]


def _said(message: Message) -> Turn:
    """Who speaks, and what."""
    if message.role == "user":
        return "user", _content(message)
    if message.role == "assistant":
        return "assistant", [*_content(message), *map(_call, message.tool_calls or ())]
    if message.role == "tool":
        return "user", [_result(message)]
    raise unknown(message.role)


def _content(message: Message) -> list[Block]:
    if isinstance(message.content, tuple):
        return [block for part in message.content for block in (*_part(part), *cached(part.cache_control))]
    return [{"text": message.content}] if message.content else []


def _part(part: Part) -> list[Block]:
    if part.type == "text":
        return [{"text": part.text}] if part.text else []
    if part.type == "image_url":
        return [_image(asked.image(part.image_url))]
    raise unsupported(asked.MESSAGES, f"there are no parts of the type '{part.type[:40]}'")


def _image(found: asked.Inline | str) -> Block:
    if isinstance(found, str):
        raise unsupported(asked.MESSAGES, "an image must come as a base64 data URL: nothing is fetched there")
    kind = IMAGES.get(found.media_type)
    if kind is None:
        raise unsupported(asked.MESSAGES, f"there are no images of the type '{found.media_type[:40]}'")
    return {"image": {"format": kind, "source": {"bytes": found.data}}}


def _call(call: ToolCall) -> Block:
    return {"toolUse": {"toolUseId": call.id, "name": call.function.name, "input": asked.arguments(call)}}


def _result(message: Message) -> Block:
    if not message.tool_call_id:
        raise CallerError("A tool message needs its tool_call_id.", param=asked.MESSAGES, code="invalid_value")
    content = [block for block in _content(message) if "cachePoint" not in block] or [{"text": " "}]
    return {"toolResult": {"toolUseId": message.tool_call_id, "content": content}}
