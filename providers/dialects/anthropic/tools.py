"""Tools and the choice among them: OpenAI's function tools in Anthropic's words."""

from collections.abc import Mapping

from msgspec import Raw

from providers.dialects import asked
from providers.dialects.anthropic.caching import marked
from providers.dialects.parameters import unsupported

NO_PARAMETERS = {"type": "object", "properties": {}}
CHOICES = {"auto": "auto", "required": "any", "none": "none"}


def told(fields: Mapping[str, Raw]) -> dict[str, object]:
    """`tools` and `tool_choice`. Raises CallerError naming the parameter that cannot be said."""
    tools = asked.tools(fields)
    wanted = asked.choice(fields)
    alone = asked.alone(fields)
    if not tools:
        if wanted is not None and wanted.mode == "required":
            raise unsupported("tool_choice", "there are no tools to choose from")
        return {}
    choice = _choice(wanted) if wanted is not None else None
    if alone and (wanted is None or wanted.mode != "none"):
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    said: dict[str, object] = {"tools": [_tool(function, mark) for function, mark in tools]}
    return said if choice is None else {**said, "tool_choice": choice}


def _tool(function: asked.Function, mark: Raw) -> dict[str, object]:
    said: dict[str, object] = {"name": function.name}
    if function.description:
        said["description"] = function.description
    said["input_schema"] = function.parameters or NO_PARAMETERS
    if function.strict:
        said["strict"] = True
    return marked(said, mark, "tools")


def _choice(wanted: asked.Choice) -> dict[str, object]:
    if wanted.name is not None:
        return {"type": "tool", "name": wanted.name}
    return {"type": CHOICES[wanted.mode]}
