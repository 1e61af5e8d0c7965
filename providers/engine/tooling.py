"""`tools` and `tool_choice` of a request, in OpenAI's shapes, as what the engine is told.

Light on purpose: the HTTP worker imports it.
"""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from providers.engine.depth import DEEPEST, too_deep
from providers.engine.fields import Fields, decode, unsupported
from providers.engine.frames import Tool
from providers.errors import CallerError

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST = 128


class Function(Struct):
    """`function` of a tool."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Declared(Struct):
    """One of `tools`; other types than function are another's tools."""

    type: str = "function"
    function: Raw = Raw()


class Named(Struct):
    """A function, named."""

    name: str


class Chosen(Struct):
    """One function in `tool_choice`."""

    function: Named
    type: str = "function"


class Allowed(Struct):
    """`allowed_tools` of `tool_choice`: some of the tools, as if the others were not there."""

    tools: list[Chosen]
    mode: str = "auto"


class Choice(Struct):
    """`tool_choice` as an object."""

    type: str
    function: Named | None = None
    allowed_tools: Allowed | None = None


def tools(fields: Fields) -> tuple[tuple[Tool, ...], str]:
    """The tools that may be called and the choice among them, as in `Options`. Raises CallerError naming the field."""
    declared = fields.get("tools", list[Declared], [])
    if len(declared) > MOST:
        raise CallerError(f"'tools' takes at most {MOST}.", param="tools")
    found = tuple(_tool(each, f"tools[{at}]") for at, each in enumerate(declared))
    names = [tool.name for tool in found]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise CallerError(f"Two tools are called '{name}'.", param=f"tools[{at}].function.name")
    return _chosen(fields.get("tool_choice", str | Choice, "auto"), found)


def _tool(declared: Declared, where: str) -> Tool:
    if declared.type != "function":
        raise unsupported(f"{where}.type", f"the local model calls functions only, not '{declared.type}'")
    where = f"{where}.function"
    function: Function = decode(bytes(declared.function) or b"null", Function, where)
    if not NAME.fullmatch(function.name):
        raise CallerError(f"'{where}.name' must match ^{NAME.pattern}$.", param=f"{where}.name")
    if too_deep(function.parameters):
        raise CallerError(f"'{where}.parameters' nests deeper than {DEEPEST} levels.", param=f"{where}.parameters")
    parameters = b"" if function.parameters is None else msgspec.json.encode(function.parameters)
    return Tool(function.name, function.description or "", parameters, bool(function.strict))


def _chosen(choice: str | Choice, found: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], str]:
    if isinstance(choice, Choice) and choice.type == "allowed_tools" and choice.allowed_tools is not None:
        wanted = {_known(each.function, found) for each in choice.allowed_tools.tools}
        found = tuple(tool for tool in found if tool.name in wanted)
        choice = choice.allowed_tools.mode
    if isinstance(choice, Choice):
        if choice.type != "function" or choice.function is None:
            raise unsupported("tool_choice", f"'{choice.type}' is no choice among functions")
        return found, "=" + _known(choice.function, found)
    if choice not in ("auto", "none", "required"):
        raise CallerError("'tool_choice' is auto, none, required or one function.", param="tool_choice")
    if choice == "required" and not found:
        raise CallerError("'tool_choice' is required, and there are no 'tools'.", param="tool_choice")
    return found, choice


def _known(named: Named, found: tuple[Tool, ...]) -> str:
    if named.name not in {tool.name for tool in found}:
        raise CallerError(f"'tool_choice' names '{named.name[:64]}', which is none of 'tools'.", param="tool_choice")
    return named.name
