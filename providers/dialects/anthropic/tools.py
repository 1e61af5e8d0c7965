"""Tools and the choice among them: OpenAI's function tools in Anthropic's words."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from providers.dialects.anthropic.caching import marked
from providers.dialects.parameters import read, unsupported

NO_PARAMETERS = {"type": "object", "properties": {}}
CHOICES = {"auto": "auto", "required": "any", "none": "none"}


class _Function(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Raw] | None = None
    strict: bool | None = None


class _Tool(Struct):
    type: str = "function"
    function: _Function | None = None
    cache_control: Raw = Raw()


_tools = msgspec.json.Decoder(list[_Tool])
_any = msgspec.json.Decoder(Any)
_flag = msgspec.json.Decoder(bool)


def told(fields: Mapping[str, Raw]) -> dict[str, object]:
    """`tools` and `tool_choice`. Raises CallerError naming the parameter that cannot be said."""
    tools = read(fields, "tools", _tools)
    choice = _choice(read(fields, "tool_choice", _any))
    alone = read(fields, "parallel_tool_calls", _flag) is False
    if not tools:
        if choice is not None and choice["type"] in ("any", "tool"):
            raise unsupported("tool_choice", "there are no tools to choose from")
        return {}
    if alone and (choice is None or choice["type"] != "none"):
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    said: dict[str, object] = {"tools": [_tool(tool) for tool in tools]}
    return said if choice is None else {**said, "tool_choice": choice}


def _tool(tool: _Tool) -> dict[str, object]:
    function = tool.function
    if tool.type != "function" or function is None:
        raise unsupported("tools", "it takes tools of the type `function`")
    said: dict[str, object] = {"name": function.name}
    if function.description:
        said["description"] = function.description
    said["input_schema"] = function.parameters or NO_PARAMETERS
    if function.strict:
        said["strict"] = True
    return marked(said, tool.cache_control, "tools")


def _choice(wanted: Any) -> dict[str, object] | None:
    if wanted is None:
        return None
    if isinstance(wanted, str) and wanted in CHOICES:
        return {"type": CHOICES[wanted]}
    function = wanted.get("function") if isinstance(wanted, dict) and wanted.get("type") == "function" else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise unsupported("tool_choice", "it takes auto, required, none, or one function by name")
    return {"type": "tool", "name": name}
