"""What a Messages request asks besides its conversation, in chat's parameters."""

import json
from typing import Any

import pytest

from providers.errors import CallerError
from providers.words import Call
from proxy.surfaces.chat import TOOL_PROMPT
from proxy.surfaces.messages.body import read

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "weather", "description": "The weather.", "input_schema": SCHEMA}
FUNCTION = {"name": "weather", "description": "The weather.", "parameters": SCHEMA}


def asked(**fields: Any) -> Call:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **fields}
    return read(json.dumps(body).encode(), {})


def inner(**fields: Any) -> dict[str, Any]:
    """The parameters in chat's names, decoded, without those of every request."""
    body = {name: json.loads(bytes(raw)) for name, raw in asked(**fields).body.items()}
    assert body.pop("model") == "m"
    assert body.pop("max_tokens") == 9
    return body


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"temperature": 0.5, "top_p": 0.9, "top_k": 5}, {"temperature": 0.5, "top_p": 0.9, "top_k": 5}),
        ({"stream": True}, {"stream": True}),
        ({"stop_sequences": ["END"]}, {"stop": ["END"]}),
        ({"stop_sequences": []}, {}),
        ({"metadata": {"user_id": "u1"}}, {"user": "u1"}),
        ({"metadata": {"user_id": None}}, {}),
        ({"service_tier": "auto"}, {}),
        ({"temperature": None, "tools": None, "thinking": None}, {}),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {"reasoning_effort": "low"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 10_000}}, {"reasoning_effort": "medium"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 32_000}}, {"reasoning_effort": "high"}),
        ({"thinking": {"type": "adaptive"}}, {}),
        ({"thinking": {"type": "disabled"}}, {}),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, {"reasoning_effort": "low"}),
        ({"output_config": {"effort": "max"}}, {"reasoning_effort": "xhigh"}),
        ({"cache_control": {"type": "ephemeral"}}, {}),
        ({"halfpenny": {"route": "local"}}, {"halfpenny": {"route": "local"}}),
        ({"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}}, {}),
        ({"speed": "standard", "mcp_servers": [], "context_management": {"edits": []}}, {}),
    ],
)
def test_parameters_in_chats_names(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert inner(**fields) == expected
    assert asked(**fields).unsaid == {}


@pytest.mark.parametrize("where", ["output_config", "output_format"])
def test_a_schema(where: str) -> None:
    form = {"type": "json_schema", "schema": SCHEMA}
    fields = {"output_config": {"format": form}} if where == "output_config" else {where: form}

    told = inner(**fields)["response_format"]

    assert told == {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
    assert asked(**fields).view.needs == {"schema"}


def test_tools() -> None:
    marked = {**TOOL, "type": "custom", "strict": True, "cache_control": {"type": "ephemeral"}}

    told = inner(tools=[TOOL, marked])["tools"]

    assert told == [
        {"type": "function", "function": FUNCTION},
        {"type": "function", "function": {**FUNCTION, "strict": True}, "cache_control": {"type": "ephemeral"}},
    ]
    call = asked(tools=[TOOL])
    assert (set(call.view.needs), call.beside) == ({"tools"}, TOOL_PROMPT)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        (
            {"type": "tool", "name": "weather"},
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
        ),
        (
            {"type": "auto", "disable_parallel_tool_use": True},
            {"tool_choice": "auto", "parallel_tool_calls": False},
        ),
    ],
)
def test_the_choice_among_tools(choice: dict[str, Any], expected: dict[str, Any]) -> None:
    told = inner(tools=[TOOL], tool_choice=choice)

    del told["tools"]
    assert told == expected
    assert ("tools" in asked(tools=[TOOL], tool_choice=choice).view.needs) == (choice["type"] != "none")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"container": "c1"}, "container"),
        ({"mcp_servers": [{"type": "url", "url": "https://x", "name": "x"}]}, "mcp_servers"),
        ({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}, "context_management"),
        ({"speed": "fast"}, "speed"),
        ({"something_new": 1}, "something_new"),
        ({"thinking": {"type": "between_tools"}}, "thinking"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools"),
        ({"tools": [{**TOOL, "defer_loading": True}]}, "tools"),
        ({"tools": [{**TOOL, "input_examples": [{"city": "Rome"}]}]}, "tools"),
    ],
)
def test_what_only_anthropic_can_be_asked_is_noted_by_name(fields: dict[str, Any], param: str) -> None:
    call = asked(**fields)

    assert list(call.unsaid) == [param]
    assert json.loads(bytes(call.own[param])) == fields[param]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -5}, "max_tokens"),
        ({"max_tokens": 10**22}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"temperature": 1.5}, "temperature"),
        ({"top_k": -1}, "top_k"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages"),
        ({"model": ""}, "model"),
        ({"tool_choice": {"type": "some"}}, "tool_choice"),
        ({"tools": [5]}, "tools"),
    ],
)
def test_f58_what_no_model_takes_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as raised:
        asked(**fields)

    assert (raised.value.status, raised.value.param) == (400, param)
