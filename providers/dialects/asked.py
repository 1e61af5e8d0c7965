"""What a chat call asks for, read once for every dialect that says it in words of its own.

Source: https://platform.openai.com/docs/api-reference/chat/create.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from providers.dialects.parameters import read, unsupported
from providers.errors import CallerError
from providers.words import ToolCall

MESSAGES = "messages"
T = TypeVar("T")


class Function(Struct, frozen=True):
    """A function that the model may call; `parameters` is a JSON schema, None for none."""

    name: str
    description: str | None = None
    parameters: dict[str, Raw] | None = None
    strict: bool | None = None


class _Tool(Struct):
    type: str = "function"
    function: Function | None = None
    cache_control: Raw = Raw()


Mode = Literal["auto", "required", "none"]
MODES: tuple[Mode, ...] = ("auto", "required", "none")


class Choice(Struct, frozen=True):
    """Which tools may or must be called; `name` is the one that must be."""

    mode: Mode
    name: str | None = None


class Inline(Struct, frozen=True):
    """Bytes that came with the call, still in base64."""

    media_type: str
    data: str


class _Schema(Struct):
    schema: dict[str, Raw] | None = None


class _Format(Struct):
    type: str = "text"
    json_schema: _Schema | None = None


class _Image(Struct):
    url: str


_tools = msgspec.json.Decoder(list[_Tool])
_any = msgspec.json.Decoder(Any)
_flag = msgspec.json.Decoder(bool)
_format = msgspec.json.Decoder(_Format)
_stops = msgspec.json.Decoder(str | list[str])
_image = msgspec.json.Decoder(_Image)
_object = msgspec.json.Decoder(dict[str, Raw])


def tools(fields: Mapping[str, Raw]) -> list[tuple[Function, Raw]]:
    """The functions, each with Anthropic's mark. Raises CallerError naming `tools` for another kind of tool."""
    found: list[tuple[Function, Raw]] = []
    for tool in read(fields, "tools", _tools) or ():
        if tool.type != "function" or tool.function is None:
            raise unsupported("tools", "it takes tools of the type `function`")
        found.append((tool.function, tool.cache_control))
    return found


def choice(fields: Mapping[str, Raw]) -> Choice | None:
    """`tool_choice`; None when it was left out. Raises CallerError naming it."""
    wanted = read(fields, "tool_choice", _any)
    if wanted is None:
        return None
    for mode in MODES:
        if mode == str(wanted):
            return Choice(mode)
    function = wanted.get("function") if isinstance(wanted, dict) and wanted.get("type") == "function" else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise unsupported("tool_choice", "it takes auto, required, none, or one function by name")
    return Choice("required", name)


def alone(fields: Mapping[str, Raw]) -> bool:
    """Whether only one tool may be called at a time."""
    return read(fields, "parallel_tool_calls", _flag) is False


def stops(fields: Mapping[str, Raw]) -> list[str]:
    """The texts that end the answer."""
    found = read(fields, "stop", _stops) or []
    return [found] if isinstance(found, str) else found


def answer_format(fields: Mapping[str, Raw]) -> Literal["text", "json"] | dict[str, Raw]:
    """What `response_format` wants: text, some JSON object, or JSON by this schema. Raises CallerError naming it."""
    wanted = read(fields, "response_format", _format)
    if wanted is None or wanted.type == "text":
        return "text"
    if wanted.type == "json_object":
        return "json"
    if wanted.type != "json_schema" or wanted.json_schema is None or wanted.json_schema.schema is None:
        raise unsupported("response_format", "it takes `json_object`, or a `json_schema` with its `schema`")
    return wanted.json_schema.schema


def schema(fields: Mapping[str, Raw]) -> dict[str, Raw] | None:
    """The schema of `response_format`, for who knows no JSON without one. Raises CallerError naming it."""
    wanted = answer_format(fields)
    if wanted == "json":
        raise unsupported("response_format", "it takes a `json_schema` with its `schema`")
    return wanted if isinstance(wanted, dict) else None


def image(raw: Raw) -> Inline | str:
    """An image part's content: the bytes of a data URL, or an http(s) address. Raises CallerError naming `messages`."""
    url = decoded(raw, _image).url
    found = inline(url)
    if found is not None:
        return found
    if url.startswith(("https://", "http://")):
        return url
    message = "An image_url must hold a base64 data URL or an http(s) address."
    raise CallerError(message, param=MESSAGES, code="invalid_value")


def inline(url: str) -> Inline | None:
    """What a base64 data URL holds; None for another address."""
    head, _, data = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        return None
    return Inline(head[5:].split(";")[0], data)


def decoded(part: Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """What a content part holds. Raises CallerError naming `messages`."""
    try:
        return decoder.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallerError("A content part is not as documented.", param=MESSAGES, code="invalid_value") from None


def arguments(call: ToolCall) -> dict[str, Raw]:
    """The arguments of a call that an assistant made. Raises CallerError naming `messages`."""
    try:
        return _object.decode(call.function.arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        message = f"The arguments of the tool call '{call.id[:80]}' are not a JSON object."
        raise CallerError(message, param=MESSAGES, code="invalid_value") from None
