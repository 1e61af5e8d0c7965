"""A Messages conversation in the inner words: blocks into parts, tool calls and tool messages.

What chat's words cannot say is noted with its place; thinking of earlier turns is left out, as Anthropic itself leaves
it out of what a model reads. A failed tool's result begins with "Error: ", which is how chat tells it.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from providers.errors import CallerError
from providers.words import Function, Message, Part, ToolCall
from proxy.surfaces.chat import FILE, IMAGE
from proxy.surfaces.messages.blocks import Block, Source, Turn, citing, inside, is_mark, where_from

T = TypeVar("T")
ROLES = ("user", "assistant", "system")
THINKING = ("thinking", "redacted_thinking")
FAILED = "Error: "
PREFILL = "only Anthropic's models continue an answer that the client began"
_turns = msgspec.json.Decoder(list[dict[str, Any]])
_encode = msgspec.json.Encoder().encode


class Told(Struct):
    """A conversation; `beside` are tokens beyond its bytes, `unsigned`: it has thoughts that Anthropic never
    signed; `marked`: to be cached."""

    messages: tuple[Message, ...] = ()
    unsaid: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    beside: int = 0
    unsigned: bool = False
    marked: bool = False


def told(system: str | tuple[Block, ...] | None, turns: Iterable[Turn]) -> Told:
    """The conversation. Raises CallerError naming the block that is not as documented."""
    found = Told()
    said: list[Message] = []
    role = "system"
    if system:
        said.append(Message(role, _content(system, "system", found)))
    for at, turn in enumerate(turns):
        role, where = turn.role, f"messages.{at}"
        if role not in ROLES:
            message = f"'{role[:40]}' is not a role of a message."
            raise CallerError(message, param=f"{where}.role", code="invalid_value")
        if role == "assistant":
            said += _assistant(turn.content, where, found)
        elif role == "system" or isinstance(turn.content, str):
            said.append(Message(role, _content(turn.content, f"{where}.content", found)))
        else:
            said += _user(turn.content, where, found)
    if role == "assistant":
        found.unsaid["messages"] = PREFILL
    found.messages = tuple(said)
    return found


def without_unsigned(messages: Raw) -> Raw:
    """The raw messages without thoughts of other providers' models, which Anthropic would refuse."""
    turns = _turns.decode(messages)
    for turn in turns:
        if isinstance(turn["content"], list):
            turn["content"] = [block for block in turn["content"] if not _unsigned(block["type"], block)]
    return Raw(_encode([turn for turn in turns if turn["content"]]))


def _unsigned(kind: str, block: dict[str, Any]) -> bool:
    return kind == "thinking" and not block.get("signature")


def _user(blocks: tuple[Block, ...], where: str, found: Told) -> list[Message]:
    """Tool results are messages of their own, before what else the user says."""
    results: list[Message] = []
    parts: list[Part] = []
    for at, block in enumerate(blocks):
        found.marked |= is_mark(block.cache_control)
        place = f"{where}.content.{at}"
        if block.type == "tool_result":
            results.append(_result(block, place, found))
        else:
            parts += _parts(block, place, found)
    return [*results, Message("user", _plain(parts))] if parts or not results else results


def _assistant(content: str | tuple[Block, ...], where: str, found: Told) -> list[Message]:
    """One message; none for a turn that only thought."""
    if isinstance(content, str):
        return [Message("assistant", content)]
    parts: list[Part] = []
    calls: list[ToolCall] = []
    for at, block in enumerate(content):
        found.marked |= is_mark(block.cache_control)
        if block.type == "tool_use":
            calls.append(ToolCall(block.id, Function(block.name, bytes(block.input).decode())))
        elif block.type in THINKING:
            found.unsigned |= block.type == "thinking" and not block.signature
            found.left_out = ("thinking blocks",)
        else:
            parts += _parts(block, f"{where}.content.{at}", found)
    if not parts and not calls:
        return []
    return [Message("assistant", _plain(parts) if parts else None, tool_calls=tuple(calls) or None)]


def _result(block: Block, place: str, found: Told) -> Message:
    content = _decoded(inside, block.content, place)
    said = _content(content or "", f"{place}.content", found)
    if block.is_error:
        said = FAILED + said if isinstance(said, str) else (Part("text", FAILED.rstrip()), *said)
    return Message("tool", said, tool_call_id=block.tool_use_id)


def _content(content: str | tuple[Block, ...], where: str, found: Told) -> str | tuple[Part, ...]:
    if isinstance(content, str):
        return content
    found.marked |= any(is_mark(block.cache_control) for block in content)
    return _plain([part for at, block in enumerate(content) for part in _parts(block, f"{where}.{at}", found)])


def _plain(parts: list[Part]) -> str | tuple[Part, ...]:
    """One text without a mark is a string, which every provider takes."""
    if len(parts) == 1 and parts[0].type == "text" and not bytes(parts[0].cache_control):
        return parts[0].text or ""
    return tuple(parts)


def _parts(block: Block, place: str, found: Told) -> list[Part]:
    """A block as parts; none for what is noted as unsaid."""
    if block.type == "text":
        return [Part("text", block.text, cache_control=_mark(block))]
    if block.type in ("image", "document"):
        source = _decoded(where_from, block.source, place)
        if source is None:
            message = f"The block at '{place}' has no source."
            raise CallerError(message, param=place, code="missing_required_parameter")
        return (_image if block.type == "image" else _document)(block, source, place, found)
    found.unsaid[place] = f"only Anthropic's models read blocks of the type '{block.type[:40]}'"
    return []


def _image(block: Block, source: Source, place: str, found: Told) -> list[Part]:
    found.beside += IMAGE
    if source.type == "base64":
        url = f"data:{source.media_type};base64,{source.data}"
    elif source.type == "url":
        url = source.url
    else:
        found.unsaid[place] = "a file at one provider is unknown to the others"
        return []
    return [Part("image_url", image_url=Raw(_encode({"url": url})), cache_control=_mark(block))]


def _document(block: Block, source: Source, place: str, found: Told) -> list[Part]:
    """A text is a text, a PDF a file; what cites, or lies elsewhere, only Anthropic can read."""
    if source.type != "text":
        found.beside += FILE
    cites = _decoded(citing, block.citations, place)
    if cites is not None and cites.enabled:
        found.unsaid[place] = "only Anthropic's models cite documents"
        return []
    heading = [Part("text", text) for text in (block.title, block.context) if text]
    if source.type == "text":
        return [*heading, Part("text", source.data, cache_control=_mark(block))]
    if source.type == "base64":
        url = f"data:{source.media_type};base64,{source.data}"
        file = Raw(_encode({"filename": block.title or "document.pdf", "file_data": url}))
        return [*heading, Part("file", file=file, cache_control=_mark(block))]
    found.unsaid[place] = f"only Anthropic's models read documents of the source '{source.type[:40]}'"
    return []


def _mark(block: Block) -> Raw:
    return block.cache_control if is_mark(block.cache_control) else Raw()


def _decoded(decoder: msgspec.json.Decoder[T], raw: Raw, place: str) -> T | None:
    """What a block holds; None for nothing. Raises CallerError naming its place."""
    try:
        return decoder.decode(raw) if bytes(raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The block at '{place}' cannot be read: {error}."
        raise CallerError(message, param=place, code="invalid_value") from None
