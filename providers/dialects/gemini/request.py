"""A chat call's parameters in Gemini's words: said, left out because the answer stays the same, or refused by name."""

import re
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Raw

from providers.dialects import asked
from providers.dialects.gemini import conversation
from providers.dialects.parameters import asks, read, unsupported
from providers.words import Call

VIEWED = frozenset({"model", "messages", "stream", "max_tokens", "max_completion_tokens", "n"})
SILENT = frozenset(
    {
        *("stream_options", "store", "prediction", "prompt_cache_key", "prompt_cache_retention", "service_tier"),
        *("user", "safety_identifier", "metadata", "cache_control", "parallel_tool_calls"),
    }
)
"""About OpenAI's servers, or a hint. Gemini's prefix cache needs no marks; two calls at once cannot be forbidden it,
but `parallel_tool_calls: false` is refused below where there are tools."""
SAME = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
"""The same meaning under another name."""
SAID = frozenset({"stop", "reasoning_effort", "response_format", "tools", "tool_choice"})
KNOWN = VIEWED | SILENT | SAME.keys() | SAID
MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}
BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24_576}
"""`reasoning_effort` → `thinkingBudget`, in tokens, up to Gemini 2.5: Google's own table for OpenAI's clients."""
LEVELS = {"minimal": "minimal", "low": "low", "medium": "medium", "high": "high"}
"""`reasoning_effort` → `thinkingLevel` from Gemini 3 on, which always thinks."""
VERSION = re.compile(r"gemini-(\d+)")

_text = msgspec.json.Decoder(str)


def body(call: Call, model: str, max_output: int | None, drop: Collection[str]) -> dict[str, object]:
    """The request's body, to be encoded. Raises CallerError naming `param` for what cannot be said."""
    fields = {name: raw for name, raw in call.body.items() if name not in drop and asks(name, raw)}
    for name in fields:
        if name not in KNOWN:
            raise unsupported(name)
    system, contents = conversation.told(call.view.messages, signed=_version(model) >= 3)
    said: dict[str, object] = {"contents": contents}
    if system:
        said["systemInstruction"] = {"parts": system}
    settings = _settings(fields, model)
    if max_output is not None:
        settings["maxOutputTokens"] = max_output
    if call.view.n > 1:
        settings["candidateCount"] = call.view.n
    if settings:
        said["generationConfig"] = settings
    return said | _tools(fields)


def _settings(fields: Mapping[str, Raw], model: str) -> dict[str, object]:
    settings: dict[str, object] = {theirs: fields[ours] for ours, theirs in SAME.items() if ours in fields}
    stops = asked.stops(fields)
    if stops:
        settings["stopSequences"] = stops
    wanted = asked.answer_format(fields)
    if wanted != "text":
        settings["responseMimeType"] = "application/json"
    if isinstance(wanted, dict):
        settings["responseJsonSchema"] = wanted
    effort = read(fields, "reasoning_effort", _text)
    if effort is not None:
        settings["thinkingConfig"] = _thinking(effort, model)
    return settings


def _thinking(effort: str, model: str) -> dict[str, object]:
    if _version(model) < 3:
        if effort not in BUDGETS:
            raise unsupported("reasoning_effort", f"it takes one of {', '.join(BUDGETS)}")
        return {"thinkingBudget": BUDGETS[effort]}
    if effort not in LEVELS:
        raise unsupported("reasoning_effort", f"it takes one of {', '.join(LEVELS)}")
    return {"thinkingLevel": LEVELS[effort]}


def _tools(fields: Mapping[str, Raw]) -> dict[str, object]:
    declared = [_declared(function) for function, _mark in asked.tools(fields)]
    choice = asked.choice(fields)
    if not declared:
        if choice is not None and choice.mode == "required":
            raise unsupported("tool_choice", "there are no tools to choose from")
        return {}
    if asked.alone(fields) and (choice is None or choice.mode != "none"):
        raise unsupported("parallel_tool_calls", "it cannot be kept from several calls at once")
    said: dict[str, object] = {"tools": [{"functionDeclarations": declared}]}
    if choice is None:
        return said
    config: dict[str, object] = {"mode": MODES[choice.mode]}
    if choice.name is not None:
        config["allowedFunctionNames"] = [choice.name]
    return {**said, "toolConfig": {"functionCallingConfig": config}}


def _declared(function: asked.Function) -> dict[str, object]:
    said: dict[str, object] = {"name": function.name, "description": function.description or ""}
    if function.parameters:
        said["parametersJsonSchema"] = function.parameters
    return said


def _version(model: str) -> int:
    """The model's generation; 0 for names that do not say."""
    found = VERSION.search(model)
    return int(found[1]) if found else 0
