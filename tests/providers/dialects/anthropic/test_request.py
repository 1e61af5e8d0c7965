"""A chat call's parameters: said in their words, left out, or refused by name."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.anthropic import request
from providers.errors import CallerError
from proxy.surfaces import chat

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "additionalProperties": False}
SHAPED = {"type": "json_schema", "json_schema": {"name": "point", "strict": True, "schema": SCHEMA}}


def said(drop: tuple[str, ...] = (), **fields: Any) -> Any:
    """What the body says beside the model, the limit and the conversation."""
    asked = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], **fields}
    call = chat.read(json.dumps(asked).encode())
    body = json.loads(msgspec.json.encode(request.body(call, "claude", 5, drop)))
    return {name: value for name, value in body.items() if name not in ("model", "max_tokens", "messages")}


def refused(**fields: Any) -> tuple[str | None, str | None]:
    """Which parameter is refused, with which code."""
    with pytest.raises(CallerError) as raised:
        said(**fields)
    assert raised.value.status == 400
    return raised.value.param, raised.value.code


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
        ({"stream": False}, {}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 1.0}, {"temperature": 1.0}),
        ({"top_p": 0.5, "top_k": 40}, {"top_p": 0.5, "top_k": 40}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"stop": []}, {}),
        ({"user": "u1"}, {"metadata": {"user_id": "u1"}}),
        ({"user": "u1", "safety_identifier": "s1"}, {"metadata": {"user_id": "s1"}}),
        ({"metadata": {"user_id": "m1", "tag": "x"}}, {"metadata": {"user_id": "m1"}}),
        ({"metadata": {"tag": "x"}}, {}),
        ({"reasoning_effort": "high"}, {"output_config": {"effort": "high"}}),
        ({"reasoning_effort": "minimal"}, {"output_config": {"effort": "low"}}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"thinking": {"type": "adaptive"}}, {"thinking": {"type": "adaptive"}}),
        ({"thinking": {"type": "adaptive"}, "reasoning_effort": "none"}, {"thinking": {"type": "adaptive"}}),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": SHAPED}, {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}),
        (
            {"response_format": SHAPED, "reasoning_effort": "low"},
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}, "effort": "low"}},
        ),
        ({"cache_control": {"type": "ephemeral"}}, {"cache_control": {"type": "ephemeral"}}),
    ],
)
def test_what_is_said(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said(**asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        *({"n": 1}, {"logprobs": False}, {"top_logprobs": 0}, {"logit_bias": {}}, {"modalities": ["text"]}),
        *({"frequency_penalty": 0}, {"presence_penalty": 0.0}, {"tools": []}, {"verbosity": "medium"}),
        *({"seed": 7}, {"store": True}, {"service_tier": "flex"}, {"prompt_cache_key": "k"}, {"unknown": None}),
    ],
)
def test_what_is_left_out(asked: dict[str, Any]) -> None:
    assert said(**asked) == {}


@pytest.mark.parametrize(
    "asked",
    [
        *({"n": 2}, {"logprobs": True}, {"top_logprobs": 3}, {"logit_bias": {"5": 1}}, {"modalities": ["audio"]}),
        *({"frequency_penalty": 0.5}, {"presence_penalty": -1}, {"temperature": 1.01}, {"verbosity": "low"}),
        *({"functions": [{"name": "f"}]}, {"audio": {"voice": "x"}}, {"web_search_options": {}}, {"min_p": 0.1}),
        *({"reasoning_effort": "extreme"}, {"response_format": {"type": "json_object"}}),
        {"response_format": {"type": "json_schema"}},
        {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ],
)
def test_what_cannot_be_said_is_refused_by_name(asked: dict[str, Any]) -> None:
    assert refused(**asked) == (next(iter(asked)), "unsupported_feature")


@pytest.mark.parametrize(
    "asked",
    [{"stop": 7}, {"user": 7}, {"metadata": []}, {"reasoning_effort": 3}, {"cache_control": "x"}, {"stop": [7]}],
)
def test_wrong_kinds_are_refused_by_name(asked: dict[str, Any]) -> None:
    assert refused(**asked) == (next(iter(asked)), "invalid_value")


def test_the_operator_may_have_parameters_dropped() -> None:
    asked = {"temperature": 1.9, "top_p": 0.5, "min_p": 0.1, "stop": "x"}
    assert said(("temperature", "top_p", "min_p"), **asked) == {"stop_sequences": ["x"]}


def test_numbers_stay_as_they_were_written() -> None:
    call = chat.read(b'{"model":"auto","messages":[{"role":"user","content":"a"}],"top_p":0.70,"temperature":0.30}')
    encoded = msgspec.json.encode(request.body(call, "claude", 5, ()))
    assert b'"top_p":0.70' in encoded and b'"temperature":0.30' in encoded
