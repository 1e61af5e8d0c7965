"""Turns and tools as chat templates take them: dicts in OpenAI's shape."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from providers.engine.depth import too_deep
from providers.engine.frames import Tool, Turn
from providers.engine.speech import Formats

NO_PARAMETERS = {"type": "object", "properties": {}}


def messages(turns: Iterable[Turn], formats: Formats) -> list[dict[str, Any]]:
    """The turns; a call's arguments are the object that they say, where they say one."""
    turns = list(turns)
    ids = _ids(turns, formats)
    return [_message(turn, ids) for turn in turns]


def tools(offered: Sequence[Tool]) -> list[dict[str, Any]]:
    """The tools that may be called."""
    return [{"type": "function", "function": _function(tool)} for tool in offered]


def own_ids(turns: Iterable[Turn], formats: Formats) -> set[str]:
    """Ids that are ours and not the client's: short ones."""
    return set(_ids(turns, formats).values()) if formats.short_ids else set()


def _message(turn: Turn, ids: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"role": turn.role, "content": turn.content}
    if turn.name:
        made["name"] = turn.name
    if turn.calls:
        made["tool_calls"] = [
            {
                "id": ids[use.id],
                "type": "function",
                "function": {"name": use.name, "arguments": _object(use.arguments)},
            }
            for use in turn.calls
        ]
    if turn.call_id is not None:
        made["tool_call_id"] = ids.get(turn.call_id, turn.call_id)
    return made


def _function(tool: Tool) -> dict[str, Any]:
    parameters = msgspec.json.decode(tool.parameters) if tool.parameters else NO_PARAMETERS
    return {"name": tool.name, "description": tool.description, "parameters": parameters}


def _object(arguments: str) -> Any:
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, dict) and not too_deep(value) else arguments


def _ids(turns: Iterable[Turn], formats: Formats) -> dict[str, str]:
    """Each call's id as the template takes it: nine letters, or as Kimi K2 numbers its calls, or the client's own."""
    uses = [use for turn in turns for use in turn.calls]
    if formats.calls == "kimi":
        return {use.id: f"functions.{use.name}:{at}" for at, use in enumerate(uses)}
    return {use.id: hashlib.sha256(use.id.encode()).hexdigest()[:9] if formats.short_ids else use.id for use in uses}
