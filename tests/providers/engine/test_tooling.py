from typing import Any

import pytest

from providers.engine.fields import Fields
from providers.engine.frames import Tool
from providers.engine.tooling import tools
from providers.errors import CallerError
from tests.doubles.engines import call


def tool(name: str = "sum", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def read(**fields: Any) -> tuple[tuple[Tool, ...], str]:
    return tools(Fields(call(**fields).body))


def test_tools_are_read() -> None:
    given = [tool(description="adds", parameters={"type": "object"}, strict=True), tool("now")]
    assert read(tools=given) == ((Tool("sum", "adds", b'{"type":"object"}', True), Tool("now")), "auto")
    assert read() == ((), "auto")
    assert read(tools=None, tool_choice=None) == ((), "auto")


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", (("a", "b"), "auto")),
        ("none", (("a", "b"), "none")),
        ("required", (("a", "b"), "required")),
        (named("b"), (("a", "b"), "=b")),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named("a")]}},
            (("a",), "required"),
        ),
    ],
)
def test_the_choice_is_read(choice: Any, expected: tuple[tuple[str, ...], str]) -> None:
    found, chosen = read(tools=[tool("a"), tool("b")], tool_choice=choice)
    assert (tuple(each.name for each in found), chosen) == expected


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "custom"}]}, "tools[0].type"),
        ({"tools": [tool("a"), {"type": "function"}]}, "tools[1].function"),
        ({"tools": [tool("")]}, "tools[0].function.name"),
        ({"tools": [tool("a b")]}, "tools[0].function.name"),
        ({"tools": [tool("a" * 65)]}, "tools[0].function.name"),
        ({"tools": [tool("<|im_end|>")]}, "tools[0].function.name"),
        ({"tools": [tool("a"), tool("a")]}, "tools[1].function.name"),
        ({"tools": [tool("a", parameters=[])]}, "tools[0].function"),
        ({"tools": [tool("a", parameters=nested(200))]}, "tools[0].function.parameters"),
        ({"tools": [tool(f"a{at}") for at in range(129)]}, "tools"),
        ({"tools": "a"}, "tools"),
        ({"tools": [tool("a")], "tool_choice": "always"}, "tool_choice"),
        ({"tools": [tool("a")], "tool_choice": named("b")}, "tool_choice"),
        ({"tools": [tool("a")], "tool_choice": {"type": "custom"}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
    ],
)
def test_a_wrong_tool_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as refused:
        read(**fields)
    assert (refused.value.status, refused.value.param) == (400, param)
