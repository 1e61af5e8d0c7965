"""Turns and tools as chat templates take them: dicts in OpenAI's shape."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from providers.engine.frames import Tool, Turn
from providers.engine.speech import Formats

NO_PARAMETERS = {"type": "object", "properties": {}}


def messages(turns: Iterable[Turn], formats: Formats) -> list[dict[str, Any]]:
    """The turns; a call's arguments are the object that they say, where they say one."""
    return [_message(turn, formats.short_ids) for turn in turns]


def tools(offered: Sequence[Tool]) -> list[dict[str, Any]]:
    """The tools that may be called."""
    return [{"type": "function", "function": _function(tool)} for tool in offered]


def own_ids(turns: Iterable[Turn], formats: Formats) -> set[str]:
    """Ids that are ours and not the client's: short ones."""
    used = (use.id for turn in turns for use in turn.calls)
    return {_id(id, True) for id in used} if formats.short_ids else set()


def _message(turn: Turn, short: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"role": turn.role, "content": turn.content}
    if turn.name:
        made["name"] = turn.name
    if turn.calls:
        made["tool_calls"] = [
            {
                "id": _id(use.id, short),
                "type": "function",
                "function": {"name": use.name, "arguments": _object(use.arguments)},
            }
            for use in turn.calls
        ]
    if turn.call_id is not None:
        made["tool_call_id"] = _id(turn.call_id, short)
    return made


def _function(tool: Tool) -> dict[str, Any]:
    parameters = msgspec.json.decode(tool.parameters) if tool.parameters else NO_PARAMETERS
    return {"name": tool.name, "description": tool.description, "parameters": parameters}


def _object(arguments: str) -> Any:
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) else arguments


def _id(id: str, short: bool) -> str:
    """An id that the template takes: the same for the call and its result."""
    return hashlib.sha256(id.encode()).hexdigest()[:9] if short else id
