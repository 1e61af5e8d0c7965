"""A conversation in Anthropic's words: system text apart, turns that alternate, tool calls and results as blocks.

System messages are gathered wherever they stand, as Anthropic's own OpenAI endpoint does. Neighbours of one role become
one turn, so that the results of parallel tool calls stand together, as the API demands. Empty texts, which the API
refuses, are left out; so is a message's `name`.
"""

from collections.abc import Iterable

from providers.dialects import asked
from providers.dialects.anthropic.caching import marked
from providers.dialects.parameters import unsupported
from providers.dialects.turns import Block, Turn, gathered, unknown
from providers.errors import CallerError
from providers.words import Message, Part, ToolCall


def told(messages: Iterable[Message]) -> tuple[list[Block], list[dict[str, object]]]:
    """The system blocks, and the turns. Raises CallerError naming `messages`."""
    system, turns = gathered(messages, _content, _said)
    return system, [{"role": role, "content": blocks} for role, blocks in turns]


def _said(message: Message) -> Turn:
    """Who speaks, and what."""
    if message.role == "user":
        return "user", _content(message)
    if message.role == "assistant":
        return "assistant", [*_content(message), *map(_tool_use, message.tool_calls or ())]
    if message.role == "tool":
        return "user", [_tool_result(message)]
    raise unknown(message.role)


def _content(message: Message) -> list[Block]:
    if isinstance(message.content, tuple):
        blocks = (_part(part) for part in message.content)
        return [block for block in blocks if block is not None]
    return [{"type": "text", "text": message.content}] if message.content else []


def _part(part: Part) -> Block | None:
    if part.type == "text":
        return marked({"type": "text", "text": part.text}, part.cache_control, asked.MESSAGES) if part.text else None
    if part.type == "image_url":
        return marked(
            {"type": "image", "source": _source(asked.image(part.image_url))}, part.cache_control, asked.MESSAGES
        )
    raise unsupported(asked.MESSAGES, f"there are no parts of the type '{part.type[:40]}'")


def _source(found: asked.Inline | str) -> Block:
    """An image: the bytes that came in a data URL, or an address that the provider fetches."""
    if isinstance(found, str):
        return {"type": "url", "url": found}
    return {"type": "base64", "media_type": found.media_type, "data": found.data}


def _tool_use(call: ToolCall) -> Block:
    return {"type": "tool_use", "id": call.id, "name": call.function.name, "input": asked.arguments(call)}


def _tool_result(message: Message) -> Block:
    if not message.tool_call_id:
        raise CallerError("A tool message needs its tool_call_id.", param=asked.MESSAGES, code="invalid_value")
    result: Block = {"type": "tool_result", "tool_use_id": message.tool_call_id}
    content = _content(message)
    return {**result, "content": content} if content else result
