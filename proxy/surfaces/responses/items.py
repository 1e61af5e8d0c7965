"""The items of a Responses request as a conversation in the inner words.

Source: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from providers.errors import CallerError
from providers.words import Function, Message, Part, ToolCall

INPUT = "input"
_encode = msgspec.json.Encoder().encode


class Content(Struct, frozen=True):
    """A part of an item's content."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None


class Item(Struct, frozen=True):
    """One item: a message (whose `type` may be left out), a function's call or its output, or another."""

    type: str | None = "message"
    role: Annotated[str, Meta(max_length=40)] = ""
    content: str | tuple[Content, ...] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | tuple[Content, ...] | None = None


class Told(Struct, frozen=True):
    """The messages; what cannot be said of them (parameter → why), and what is left out because it is a hint."""

    messages: tuple[Message, ...]
    unsaid: dict[str, str] = {}
    left_out: tuple[str, ...] = ()


def told(instructions: str | None, items: Iterable[Item]) -> Told:
    """The conversation. Raises CallerError naming `input` for what OpenAI refuses for every model."""
    messages: list[Message] = [Message("system", instructions)] if instructions else []
    unsaid: dict[str, str] = {}
    left_out: dict[str, None] = {}
    for item in items:
        if item.type in ("message", None):
            messages.append(Message(_role(item.role), _content(item.content, unsaid)))
        elif item.type == "function_call":
            _call(item, messages)
        elif item.type == "function_call_output":
            if not item.call_id:
                raise _missing("call_id")
            messages.append(Message("tool", _content(item.output, unsaid) or "", tool_call_id=item.call_id))
        elif item.type == "reasoning":
            left_out["input.reasoning"] = None
        else:
            unsaid[INPUT] = f"it knows no items such as '{str(item.type)[:40]}'"
    return Told(tuple(messages), unsaid, tuple(left_out))


def _role(role: str) -> str:
    if role not in ("user", "assistant", "system", "developer"):
        raise CallerError(f"Invalid value for 'input': there is no role '{role}'.", param=INPUT, code="invalid_value")
    return role


def _call(item: Item, messages: list[Message]) -> None:
    """Calls of one turn stand in one message, with what was said before them."""
    if not item.call_id or not item.name:
        raise _missing("call_id" if item.name else "name")
    call = ToolCall(item.call_id, Function(item.name, item.arguments or "{}"))
    if messages and messages[-1].role == "assistant":
        last = messages.pop()
        messages.append(msgspec.structs.replace(last, tool_calls=(*(last.tool_calls or ()), call)))
    else:
        messages.append(Message("assistant", None, tool_calls=(call,)))


def _content(content: str | tuple[Content, ...] | None, unsaid: dict[str, str]) -> str | tuple[Part, ...] | None:
    """A content as chat has it; a single text is a text."""
    if not isinstance(content, tuple):
        return content
    parts = tuple(_part(part, unsaid) for part in content)
    if len(parts) == 1 and parts[0].type == "text":
        return parts[0].text
    return parts


def _part(part: Content, unsaid: dict[str, str]) -> Part:
    if part.type in ("input_text", "output_text", "text"):
        return Part("text", part.text or "")
    if part.type == "refusal":
        return Part("text", part.refusal or "")
    if part.type == "input_image" and part.image_url:
        shown = {"url": part.image_url, **({"detail": part.detail} if part.detail else {})}
        return Part("image_url", image_url=Raw(_encode(shown)))
    if part.type == "input_file" and part.file_data:
        held = {"file_data": part.file_data, "filename": part.filename or "file"}
        return Part("file", file=Raw(_encode(held)))
    unsaid[INPUT] = f"it takes no part such as '{part.type[:40]}', or only with its data"
    return Part("text", "")


def _missing(name: str) -> CallerError:
    return CallerError(f"Missing required field '{name}' of an item.", param=INPUT, code="missing_required_parameter")
