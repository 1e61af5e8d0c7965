"""What a chat template can do, found by rendering small conversations whose words are looked for in what it makes."""

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from providers.engine.frames import Tool, ToolUse, Turn
from providers.engine.speech import Formats
from providers.engine.speech.base import Calls
from providers.engine.speech.forms import FORMS
from providers.engine.template.conversation import messages, tools
from providers.engine.template.sandbox import TemplateError

NAME, VALUE, RESULT, SYSTEM = "probe_name", "probe_value", "probe_result", "probe_system"
TOOL = Tool(NAME, "", b'{"type":"object","properties":{"x":{"type":"string"}}}')
LONG, SHORT = "call_0123456789abcdef", "abcdefghi"
THOUGHTS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))

Render = Callable[..., str]
"""`render(messages, **more)`: raises TemplateError."""


class Manners(Struct, frozen=True):
    """What a template takes. `system`: it knows the role; `repeats`: one role may speak twice in a row."""

    formats: Formats
    system: bool = True
    repeats: bool = True


def probe(render: Render, source: str) -> Manners:
    """Find out; a template that fails on everything can nothing."""
    ask = [Turn("user", "x")]
    thinks = next((marks for marks in THOUGHTS if marks[1] in source), None)
    low, high = (_tried(render, ask, reasoning_effort=effort) for effort in ("low", "high"))
    calls, short = _calls(render)
    system = SYSTEM in (_tried(render, [Turn("system", SYSTEM), *ask]) or "")
    twice = _tried(render, [*ask, *ask]) is not None
    return Manners(Formats(calls, thinks, low != high, short), system, twice)


def _calls(render: Render) -> tuple[Calls | None, bool]:
    """How it writes calls, and whether their ids must be short."""
    ask = Turn("user", "x")
    if NAME not in (_tried(render, [ask], tools=tools([TOOL])) or ""):
        return None, False
    for id in (LONG, SHORT):
        use = ToolUse(id, NAME, f'{{"x": "{VALUE}"}}')
        turns = [ask, Turn("assistant", "", calls=(use,)), Turn("tool", RESULT, call_id=id)]
        text = _tried(render, turns, tools=tools([TOOL]))
        if text is not None and VALUE in text and RESULT in text:
            found = (kind for kind, form in FORMS.items() if re.search(form.seen.replace("NAME", NAME), text))
            return next(found, None), id == SHORT
    return None, False


def _tried(render: Render, turns: list[Turn], **more: Any) -> str | None:
    try:
        return render(messages(turns, Formats()), **more)
    except TemplateError:
        return None
