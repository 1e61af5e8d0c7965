"""A conversation into one that a template takes: without a system role, with alternating roles, with tools as text.

Hermes' form of tools is NousResearch's (Hermes-Function-Calling, MIT), which Qwen2.5 and Qwen3 were trained on too.
"""

import json
from collections.abc import Iterable, Sequence

from msgspec import structs

from providers.engine.frames import Tool, Turn
from providers.engine.speech import Formats
from providers.engine.template.conversation import messages, tools

TOOLS = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{signatures}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""


def hermes(turns: Sequence[Turn], offered: Sequence[Tool]) -> list[Turn]:
    """Tools, calls and results as text, for a template that has no place for them."""
    made = [_told(turn) for turn in turns]
    if not offered:
        return made
    block = TOOLS.format(signatures="\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools(offered)))
    if made and made[0].role == "system":
        return [Turn("system", f"{made[0].content}\n\n{block}", made[0].name), *made[1:]]
    return [Turn("system", block), *made]


def _told(turn: Turn) -> Turn:
    if turn.role == "tool":
        return Turn("user", f"<tool_response>\n{turn.content}\n</tool_response>")
    if not turn.calls:
        return turn
    (message,) = messages([turn], Formats())
    calls = (
        {"name": call["function"]["name"], "arguments": call["function"]["arguments"]} for call in message["tool_calls"]
    )
    said = [f"<tool_call>\n{json.dumps(call, ensure_ascii=False)}\n</tool_call>" for call in calls]
    return Turn(turn.role, "\n".join([turn.content, *said] if turn.content else said), turn.name)


def without_system(turns: Iterable[Turn]) -> list[Turn]:
    """System messages at the head of the user's next one."""
    made: list[Turn] = []
    held: list[str] = []
    for turn in turns:
        if turn.role == "system":
            held.append(turn.content)
        elif turn.role == "user" and held:
            made.append(structs.replace(turn, content="\n\n".join([*held, turn.content])))
            held = []
        else:
            made.append(turn)
    return [*made, Turn("user", "\n\n".join(held))] if held else made


def alternating(turns: Iterable[Turn]) -> list[Turn]:
    """Neighbours of one role in one message; those with calls and results stay."""
    made: list[Turn] = []
    for turn in turns:
        last = made[-1] if made else None
        if last is None or last.role != turn.role or turn.role == "tool" or last.calls or turn.calls:
            made.append(turn)
        else:
            made[-1] = structs.replace(last, content=f"{last.content}\n\n{turn.content}")
    return made
