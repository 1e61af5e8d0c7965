"""A client's call as what the engine is asked: options, or the refusal that names the field.

Light on purpose: the HTTP worker imports it.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from providers.engine.fields import Fields, decode, unsupported
from providers.engine.frames import Defaults, Options
from providers.engine.tooling import tools
from providers.engine.turns import turns
from providers.errors import CallerError
from providers.words import Call

__all__ = ["Defaults", "options", "turns"]

STOPS, STOP_LENGTH = 16, 1024
CHOICES, ALTERNATIVES, BIASES = 8, 20, 300
"""The most that `n`, `top_logprobs` and `logit_bias` may ask for."""
UNSUPPORTED = {
    "functions": ([], None),
    "audio": (None,),
    "modalities": (["text"], None),
    "web_search_options": (None,),
}
"""Fields that the engine cannot honour, with the values that ask nothing of it."""
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]


class Named(Struct):
    """OpenAI's envelope of a schema."""

    schema: dict[str, Any] | None = None
    strict: bool | None = None
    name: str | None = None


class Form(Struct):
    """`response_format`."""

    type: str
    json_schema: Named | None = None
    schema: dict[str, Any] | None = None


class Thinking(Struct):
    """`thinking`, as several makers write it."""

    type: Literal["enabled", "disabled", "adaptive"]


def options(call: Call, max_output: int | None, defaults: Defaults) -> Options:
    """How to generate; `max_output` (tokens) overrides the client's own limit. Raises CallerError naming the field."""
    refuse_unsupported(call.body)
    read = Fields(call.body)
    offered, choice = tools(read)
    return Options(
        max_tokens=max_output or call.view.max_output or defaults.max_tokens,
        temperature=read.number("temperature", defaults.temperature, 0, 2),
        top_p=read.number("top_p", defaults.top_p, 0, 1),
        top_k=read.integer("top_k", defaults.top_k, 0, 2**31 - 1),
        min_p=read.number("min_p", defaults.min_p, 0, 1),
        presence_penalty=read.number("presence_penalty", 0.0, -2, 2),
        frequency_penalty=read.number("frequency_penalty", 0.0, -2, 2),
        repeat_penalty=read.number("repeat_penalty", 1.0, 0.01, 10),
        seed=read.get("seed", Seed, None),
        stop=_stops(read.get("stop", str | list[str], None)),
        n=read.integer("n", 1, 1, CHOICES),
        logprobs=_logprobs(read),
        logit_bias=_biases(read.get("logit_bias", dict[str, float], {})),
        schema=_schema(read.get("response_format", Form, None)),
        tools=offered,
        tool_choice=choice,
        parallel=read.get("parallel_tool_calls", bool, True),
        effort=_effort(read),
    )


def refuse_unsupported(body: dict[str, Raw]) -> None:
    """Raises CallerError for what the engine cannot do: an answer never ignores what was asked."""
    for name, harmless in UNSUPPORTED.items():
        if name in body and decode(body[name], Any, name) not in harmless:
            raise unsupported(name)


def _stops(value: str | list[str] | None) -> tuple[str, ...]:
    stops = (value,) if isinstance(value, str) else tuple(value or ())
    if len(stops) > STOPS or any(len(stop) > STOP_LENGTH for stop in stops):
        raise CallerError(f"'stop' takes at most {STOPS} strings of {STOP_LENGTH} characters.", param="stop")
    return tuple(stop for stop in stops if stop)


def _logprobs(read: Fields) -> int | None:
    """How many alternatives to tell with each token; None: nothing is told."""
    wanted = read.get("logprobs", bool, False)
    alternatives = read.integer("top_logprobs", 0, 0, ALTERNATIVES)
    if alternatives and not wanted:
        raise CallerError("'top_logprobs' is only allowed when 'logprobs' is true.", param="top_logprobs")
    return alternatives if wanted else None


def _biases(given: dict[str, float]) -> tuple[tuple[int, float], ...]:
    if len(given) > BIASES:
        raise CallerError(f"'logit_bias' takes at most {BIASES} tokens.", param="logit_bias")
    for token, bias in given.items():
        if not (token.isascii() and token.isdigit() and len(token) < 10) or not -100 <= bias <= 100:
            raise CallerError(
                "'logit_bias' maps ids of the model's tokens to numbers from -100 to 100.", param="logit_bias"
            )
    return tuple((int(token), bias) for token, bias in given.items())


def _schema(form: Form | None) -> bytes | None:
    """The JSON schema that the answer must keep; b"{}": any object; None: it is free."""
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return msgspec.json.encode(form.schema or {})
    if form.type != "json_schema":
        raise unsupported("response_format", "its type is text, json_object or json_schema")
    if form.json_schema is None or form.json_schema.schema is None:
        param = "response_format.json_schema.schema"
        raise CallerError(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    # an empty schema in the envelope allows any JSON, an object it is all the same: OpenAI's top level always is one
    return msgspec.json.encode(form.json_schema.schema)


def _effort(read: Fields) -> str | None:
    """How hard to think, by whichever field the client's SDK writes."""
    effort: str | None = read.get("reasoning_effort", Effort, None)
    thinking: Thinking | None = read.get("thinking", Thinking, None)
    if effort is None and thinking is not None and thinking.type != "disabled":
        effort = "medium"
    given = read.get("chat_template_kwargs", dict[str, Any], {})
    if effort is None and (given.get("enable_thinking") is True or given.get("thinking") is True):
        effort = "medium"
    return None if effort == "none" else effort
