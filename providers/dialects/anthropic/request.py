"""A chat call's parameters in the words of the Messages API.

Three ways: said in their words; left out, because the answer stays what was asked for (`SILENT`); refused by name,
before anything is sent. Values that OpenAI documents as defaults are as good as absent.
"""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Raw, Struct

from providers.dialects import asked
from providers.dialects.anthropic import conversation, tools
from providers.dialects.anthropic.caching import checked
from providers.dialects.parameters import asks, read, unsupported
from providers.words import Call

VIEWED = frozenset({"model", "messages", "stream", "max_tokens", "max_completion_tokens"})
SILENT = frozenset(
    {"seed", "stream_options", "store", "prediction", "prompt_cache_key", "prompt_cache_retention", "service_tier"}
)
"""`seed` is best effort by OpenAI's own words; usage always comes; the rest is about OpenAI's servers."""
OWN = frozenset({"top_p", "top_k", "thinking"})
"""The same name and meaning there; what chat does not have comes by an SDK's `extra_body`."""
SAID = frozenset(
    {
        *("temperature", "stop", "user", "safety_identifier", "metadata", "reasoning_effort", "response_format"),
        *("tools", "tool_choice", "parallel_tool_calls", "cache_control"),
    }
)
KNOWN = VIEWED | SILENT | OWN | SAID

EFFORT = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh"}
"""OpenAI's `reasoning_effort` → `output_config.effort`; `none` switches thinking off."""


class _Metadata(Struct):
    user_id: str | None = None


_number = msgspec.json.Decoder(float)
_text = msgspec.json.Decoder(str)
_metadata = msgspec.json.Decoder(_Metadata)


def body(call: Call, model: str, max_output: int, drop: Collection[str]) -> dict[str, object]:
    """The request's body, to be encoded. Raises CallerError naming `param` for what cannot be said."""
    fields = {name: raw for name, raw in call.body.items() if name not in drop and asks(name, raw)}
    for name in fields:
        if name not in KNOWN:
            raise unsupported(name)
    system, turns = conversation.told(call.view.messages)
    said: dict[str, object] = {"model": model, "max_tokens": max_output, "messages": turns}
    if system:
        said["system"] = system
    if call.view.stream:
        said["stream"] = True
    said.update((name, fields[name]) for name in OWN if name in fields)
    said |= _sampling(fields) | _who(fields) | _output(fields) | tools.told(fields)
    if "cache_control" in fields:
        said["cache_control"] = checked(fields["cache_control"], "cache_control")
    return said


def _sampling(fields: Mapping[str, Raw]) -> dict[str, object]:
    """Their temperature ends at 1: above it the two scales have nothing in common, and a clamp would be a secret."""
    said: dict[str, object] = {}
    temperature = read(fields, "temperature", _number)
    if temperature is not None:
        if temperature > 1:
            raise unsupported("temperature", "it takes values from 0 to 1")
        said["temperature"] = fields["temperature"]
    stops = asked.stops(fields)
    return {**said, "stop_sequences": stops} if stops else said


def _who(fields: Mapping[str, Raw]) -> dict[str, object]:
    """Who asks, for the provider's abuse checks. Other metadata are tags of the client's own."""
    metadata = read(fields, "metadata", _metadata)
    user = read(fields, "safety_identifier", _text) or read(fields, "user", _text) or (metadata and metadata.user_id)
    return {"metadata": {"user_id": user}} if user else {}


def _output(fields: Mapping[str, Raw]) -> dict[str, object]:
    config: dict[str, object] = {}
    said: dict[str, object] = {}
    effort = read(fields, "reasoning_effort", _text)
    if effort == "none":
        if "thinking" not in fields:
            said["thinking"] = {"type": "disabled"}
    elif effort is not None:
        if effort not in EFFORT:
            raise unsupported("reasoning_effort", f"it takes one of {', '.join(['none', *EFFORT])}")
        config["effort"] = EFFORT[effort]
    schema = asked.schema(fields)
    if schema is not None:
        config["format"] = {"type": "json_schema", "schema": schema}
    return {**said, "output_config": config} if config else said
