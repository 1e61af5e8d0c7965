"""A chat call's parameters in Converse's words: said, left out as the answer stays the same, or refused by name."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Raw

from providers.dialects import asked
from providers.dialects.bedrock import conversation
from providers.dialects.bedrock.conversation import cached
from providers.dialects.parameters import asks, read, unsupported
from providers.dialects.turns import Block
from providers.words import Call

VIEWED = frozenset({"model", "messages", "stream", "max_tokens", "max_completion_tokens"})
SILENT = frozenset(
    {
        *("seed", "stream_options", "store", "prediction", "prompt_cache_key", "prompt_cache_retention"),
        *("service_tier", "user", "safety_identifier", "metadata"),
    }
)
"""`seed` is best effort by OpenAI's own words; usage always comes; the rest is about OpenAI's servers."""
SAID = frozenset({"temperature", "top_p", "stop", "response_format", "tools", "tool_choice", "reasoning_effort"})
KNOWN = VIEWED | SILENT | SAID | {"parallel_tool_calls"}
EFFORTS = ("low", "medium", "high")
NO_PARAMETERS = {"type": "object", "properties": {}}

_text = msgspec.json.Decoder(str)


def body(call: Call, max_output: int | None, drop: Collection[str]) -> dict[str, object]:
    """The request's body, to be encoded. Raises CallerError naming `param` for what cannot be said."""
    fields = {name: raw for name, raw in call.body.items() if name not in drop and asks(name, raw)}
    for name in fields:
        if name not in KNOWN:
            raise unsupported(name)
    system, turns = conversation.told(call.view.messages)
    said: dict[str, object] = {"messages": turns}
    if system:
        said["system"] = system
    settings = _settings(fields, max_output)
    if settings:
        said["inferenceConfig"] = settings
    return said | _output(fields) | _tools(fields)


def _settings(fields: Mapping[str, Raw], max_output: int | None) -> dict[str, object]:
    settings: dict[str, object] = {}
    if max_output is not None:
        settings["maxTokens"] = max_output
    for ours, theirs in (("temperature", "temperature"), ("top_p", "topP")):
        if ours in fields:
            settings[theirs] = fields[ours]
    stops = asked.stops(fields)
    return {**settings, "stopSequences": stops} if stops else settings


def _output(fields: Mapping[str, Raw]) -> dict[str, object]:
    config: dict[str, object] = {}
    effort = read(fields, "reasoning_effort", _text)
    if effort is not None:
        if effort not in EFFORTS:
            raise unsupported("reasoning_effort", f"it takes one of {', '.join(EFFORTS)}")
        config["effort"] = effort
    schema = asked.schema(fields)
    if schema is not None:
        told = {"schema": msgspec.json.encode(schema).decode(), "name": "answer"}
        config["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": told}}
    return {"outputConfig": config} if config else {}


def _tools(fields: Mapping[str, Raw]) -> dict[str, object]:
    tools = asked.tools(fields)
    choice = asked.choice(fields)
    if not tools or (choice is not None and choice.mode == "none"):
        if choice is not None and choice.mode == "required":
            raise unsupported("tool_choice", "there are no tools to choose from")
        return {}
    if asked.alone(fields):
        raise unsupported("parallel_tool_calls", "it cannot be kept from several calls at once")
    blocks = [block for function, mark in tools for block in (_tool(function), *cached(mark))]
    config: dict[str, object] = {"tools": blocks}
    if choice is not None and choice.name is not None:
        config["toolChoice"] = {"tool": {"name": choice.name}}
    elif choice is not None:
        config["toolChoice"] = {"any" if choice.mode == "required" else "auto": {}}
    return {"toolConfig": config}


def _tool(function: asked.Function) -> Block:
    spec: Block = {"name": function.name, "inputSchema": {"json": function.parameters or NO_PARAMETERS}}
    if function.description:
        spec["description"] = function.description
    if function.strict:
        spec["strict"] = True
    return {"toolSpec": spec}
