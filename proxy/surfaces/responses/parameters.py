"""What a Responses request asks besides its items, in the inner words: chat's parameters."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct, field

from providers.errors import CallerError
from providers.words import Need

SAME = frozenset(
    {
        *("model", "stream", "temperature", "top_p", "parallel_tool_calls", "metadata", "user", "safety_identifier"),
        *("service_tier", "prompt_cache_key", "prompt_cache_retention"),
    }
)
"""The same name and meaning in chat."""
SAID = frozenset(
    {
        *("input", "instructions", "max_output_tokens", "tools", "tool_choice", "text", "reasoning", "include"),
        *("store", "previous_response_id", "stream_options", "top_logprobs", "max_tool_calls", "halfpenny"),
    }
)
"""Told otherwise, kept by us, or a hint."""
NEUTRAL: Mapping[str, tuple[Any, ...]] = {"truncation": ("disabled",), "background": (False,)}
"""Values that ask for nothing, like null."""
ONLY_THERE = "only OpenAI's own service can be asked that"
LOGPROBS = "message.output_text.logprobs"
NOTHING = (b"", b"null")


class Tool(Struct, frozen=True):
    """A tool; `type` function: the client's own."""

    type: str
    name: str | None = None
    description: str | None = None
    parameters: Raw = Raw()
    strict: bool | None = None


class Named(Struct, frozen=True):
    """A choice of one tool."""

    type: str
    name: str | None = None


class Format(Struct, frozen=True):
    """The format of the text."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: Raw = Raw()
    strict: bool | None = None
    description: str | None = None


class Text(Struct, frozen=True):
    """How to write."""

    format: Format | None = None
    verbosity: str | None = None


class Reasoning(Struct, frozen=True):
    """How much to think."""

    effort: str | None = None


class Seen(Struct, frozen=True, kw_only=True):
    """The fields that are read here."""

    tools: tuple[Tool, ...] | None = None
    tool_choice: str | Named | None = None
    text: Text | None = None
    reasoning: Reasoning | None = None
    include: tuple[str, ...] | None = None
    top_logprobs: int | None = None
    max_output_tokens: int | None = None


class Asked(Struct):
    """Chat's parameters, what they cannot say, what a model must be able to do for them."""

    inner: dict[str, Raw]
    unsaid: dict[str, str] = field(default_factory=dict)
    needs: set[Need] = field(default_factory=set)


def asked(seen: Seen, raw: Mapping[str, Raw]) -> Asked:
    """The parameters of a request."""
    found = Asked({name: raw[name] for name in SAME if name in raw and bytes(raw[name]) != b"null"})
    for name, value in raw.items():
        if name not in SAME and name not in SAID and _asks(name, value):
            found.unsaid[name] = ONLY_THERE
    said: dict[str, object] = {}
    if seen.max_output_tokens is not None:
        said["max_completion_tokens"] = seen.max_output_tokens
    if seen.reasoning is not None and seen.reasoning.effort is not None:
        said["reasoning_effort"] = seen.reasoning.effort
    if LOGPROBS in (seen.include or ()):
        said |= {"logprobs": True} | ({"top_logprobs": seen.top_logprobs} if seen.top_logprobs else {})
        found.needs.add("logprobs")
    _text(seen.text, said, found)
    _tools(seen, said, found)
    found.inner |= {name: Raw(msgspec.json.encode(value)) for name, value in said.items()}
    return found


def _asks(name: str, value: Raw) -> bool:
    if bytes(value) == b"null":
        return False
    return name not in NEUTRAL or msgspec.json.decode(value) not in NEUTRAL[name]


def _text(text: Text | None, said: dict[str, object], found: Asked) -> None:
    if text is None:
        return
    if text.verbosity is not None:
        said["verbosity"] = text.verbosity
    wanted = text.format
    if wanted is None or wanted.type == "text":
        return
    found.needs.add("schema")
    if wanted.type == "json_object":
        said["response_format"] = {"type": "json_object"}
        return
    if bytes(wanted.schema) in NOTHING:
        raise _missing("text.format.schema")
    schema: dict[str, object] = {"name": wanted.name or "answer", "schema": wanted.schema}
    for name in ("strict", "description"):
        if getattr(wanted, name) is not None:
            schema[name] = getattr(wanted, name)
    said["response_format"] = {"type": "json_schema", "json_schema": schema}


def _tools(seen: Seen, said: dict[str, object], found: Asked) -> None:
    tools, choice = seen.tools or (), seen.tool_choice
    foreign = [tool for tool in tools if tool.type != "function"]
    if foreign:
        found.unsaid["tools"] = f"only OpenAI's own service knows tools such as '{foreign[0].type[:40]}'"
    if not tools:
        return
    said["tools"] = [_tool(tool) for tool in tools if tool.type == "function"]
    if isinstance(choice, Named):
        if choice.type == "function" and not choice.name:
            raise _missing("tool_choice.name")
        said["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
        if choice.type != "function":
            found.unsaid["tool_choice"] = ONLY_THERE
    elif choice is not None:
        said["tool_choice"] = choice
    if choice != "none":
        found.needs.add("tools")


def _tool(tool: Tool) -> dict[str, object]:
    if not tool.name:
        raise _missing("tools.name")
    function: dict[str, object] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if bytes(tool.parameters) not in NOTHING:
        function["parameters"] = tool.parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _missing(path: str) -> CallerError:
    message = f"Missing required field '{path}'."
    return CallerError(message, param=path.partition(".")[0], code="missing_required_parameter")
