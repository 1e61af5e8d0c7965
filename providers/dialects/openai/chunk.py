"""One JSON object of an OpenAI answer, a stream's chunk or a whole body, decoded into events.

The decoder takes only the fields that Halfpenny looks at and tolerates what real providers do: null contents, missing
choices, role-only deltas, unknown fields. The bytes themselves travel in `Event.wire`, untouched.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from providers.dialects.openai import failure, usage
from providers.errors import Broken
from providers.words import Event, ToolDelta, Usage

NO_JSON = Raw()
NULL = Raw(b"null")


class _Function(Struct, gc=False):
    name: str | None = None
    arguments: Any = None


class _Tool(Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Said(Struct, gc=False):
    """A delta or a message. `reasoning_content` is DeepSeek's and vLLM's name, `reasoning` OpenRouter's and Groq's."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: str | None = None
    tool_calls: list[_Tool] | None = None
    function_call: _Function | None = None


class _Choice(Struct, gc=False):
    index: int | None = None
    delta: _Said | None = None
    message: _Said | None = None
    text: Any = None
    """What a completion says, which has neither."""
    finish_reason: str | None = None
    logprobs: Raw = NO_JSON


class Chunk(Struct, gc=False):
    """A chunk of a stream, or a whole answer: they differ only in `delta` and `message`."""

    model: str | None = None
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None
    object: str | None = None


_SILENT = _Said()
_decode = msgspec.json.Decoder(Chunk).decode


def decode(data: bytes, name: bytes = b"") -> Chunk:
    """Decode an object that came under this event name. Raises Broken for malformed bytes, else what an error means."""
    try:
        if not data.isascii():
            data.decode()  # msgspec does not look into the strings that it skips
        chunk = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Broken("The upstream sent malformed JSON.") from None
    if chunk.error or chunk.object == "error" or name == b"error":
        raise failure.of_event(chunk.error or msgspec.json.decode(data))
    return chunk


def events(chunk: Chunk, wire: bytes) -> list[Event]:
    """At least one event. The first carries the wire, the usage and the answering model."""
    told = usage.read(chunk.usage) if chunk.usage else None
    if not chunk.choices:
        # a usage chunk that cannot be true is shown to nobody: the surface tells what is billed
        unbelieved = chunk.choices == [] and chunk.usage and told is None
        return [Event(wire=b"" if unbelieved else wire, usage=told, answered=chunk.model)]
    made: list[Event] = []
    for place, choice in enumerate(chunk.choices):
        index = place if choice.index is None else choice.index
        made += _choice(choice, index, b"" if made else wire, None if made else told, chunk.model)
    return made


def _choice(choice: _Choice, index: int, wire: bytes, told: Usage | None, answered: str | None) -> list[Event]:
    """One event, and one more for each tool call after the first; the last of them has the finish."""
    said = choice.delta or choice.message or (_Said(choice.text) if choice.text else _SILENT)
    tools = _tools(said) if said.tool_calls or said.function_call else []
    content = said.content
    finish = choice.finish_reason or None
    first = Event(
        wire=wire,
        choice=index,
        text=content if type(content) is str else _text(content) if content else "",
        reasoning=_reasoning(said),
        refusal=said.refusal or "",
        tool=tools[0] if tools else None,
        logprobs=NO_JSON if choice.logprobs == NULL else choice.logprobs,
        finish=None if len(tools) > 1 else finish,
        usage=told,
        answered=answered,
    )
    if len(tools) < 2:
        return [first]
    more = [Event(wire=b"", choice=index, tool=tool) for tool in tools[1:-1]]
    return [first, *more, Event(wire=b"", choice=index, tool=tools[-1], finish=finish)]


def _text(content: Any) -> str:
    """Text of content parts (Mistral's); what is no text is skipped."""
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _reasoning(said: _Said) -> str:
    """One of the two names: some upstreams write the same text under both."""
    for text in (said.reasoning_content, said.reasoning):
        if text and type(text) is str:
            return text
    return ""


def _tools(said: _Said) -> list[ToolDelta]:
    """Tool calls; a missing index is its place, and the deprecated `function_call` is the first tool."""
    calls = said.tool_calls or [_Tool(function=said.function_call)]
    return [_tool(call, place) for place, call in enumerate(calls)]


def _tool(call: _Tool, place: int) -> ToolDelta:
    function = call.function or _Function()
    arguments = function.arguments
    if arguments is None:
        arguments = ""
    elif type(arguments) is not str:
        arguments = msgspec.json.encode(arguments).decode()
    return ToolDelta(place if call.index is None else call.index, call.id or None, function.name or None, arguments)
