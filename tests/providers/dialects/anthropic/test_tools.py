"""Tools and the choice among them."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from providers.dialects.anthropic import tools
from providers.errors import CallerError

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "Now.", "parameters": PARAMETERS}}
CLOCK = {"type": "function", "function": {"name": "clock", "strict": False}}


def told(**fields: Any) -> Any:
    """The body's tool fields."""
    raw = {name: Raw(json.dumps(value).encode()) for name, value in fields.items()}
    return json.loads(msgspec.json.encode(tools.told(raw)))


def test_functions() -> None:
    assert told(tools=[WEATHER, CLOCK])["tools"] == [
        {"name": "weather", "description": "Now.", "input_schema": PARAMETERS},
        {"name": "clock", "input_schema": {"type": "object", "properties": {}}},
    ]


def test_strict_and_cached() -> None:
    function = {**WEATHER["function"], "strict": True}  # type: ignore[dict-item]
    mark = {"type": "ephemeral"}
    (tool,) = told(tools=[{**WEATHER, "function": function, "cache_control": mark}])["tools"]
    assert (tool["strict"], tool["cache_control"]) == (True, mark)


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": {"type": "function", "function": {"name": "clock"}}}, {"type": "tool", "name": "clock"}),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)
def test_the_choice(asked: dict[str, Any], choice: Any) -> None:
    assert told(tools=[WEATHER], **asked).get("tool_choice") == choice


@pytest.mark.parametrize(
    "asked", [{}, {"tool_choice": "auto"}, {"tool_choice": "none"}, {"parallel_tool_calls": False}]
)
def test_without_tools_nothing_is_said(asked: dict[str, Any]) -> None:
    assert told(**asked) == {}


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools", "unsupported_feature"),
        ({"tools": [{"type": "function"}]}, "tools", "unsupported_feature"),
        ({"tools": [{"function": {}}]}, "tools", "invalid_value"),
        ({"tools": {}}, "tools", "invalid_value"),
        (
            {"tools": [{**CLOCK, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            "tools",
            "unsupported_feature",
        ),
        ({"tool_choice": "required"}, "tool_choice", "unsupported_feature"),
        ({"tools": [CLOCK], "tool_choice": "sometimes"}, "tool_choice", "unsupported_feature"),
        ({"tools": [CLOCK], "tool_choice": {"type": "allowed_tools"}}, "tool_choice", "unsupported_feature"),
        ({"tools": [CLOCK], "tool_choice": {"type": "function"}}, "tool_choice", "unsupported_feature"),
        ({"tools": [CLOCK], "parallel_tool_calls": "no"}, "parallel_tool_calls", "invalid_value"),
    ],
)
def test_what_cannot_be_said(fields: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(CallerError) as raised:
        told(**fields)
    assert (raised.value.param, raised.value.code) == (param, code)
