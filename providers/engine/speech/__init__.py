"""How a model's raw text is read, and what it is held to: `speech_for` makes the `Speech` of an answer."""

import secrets
from collections.abc import Callable

from providers.engine.frames import Options
from providers.engine.speech.base import Formats, Said, Speech, SpeechError, abilities
from providers.engine.speech.plain import Plain
from providers.engine.speech.rules import grammar_for
from providers.engine.speech.spoken import Plan, Spoken

__all__ = ["Formats", "Said", "Speech", "SpeechError", "abilities", "speech_for"]

NO_TOOLS = (
    "This model's chat template has no tools. Configure a model whose template has, or `tools: hermes` for one that "
    "was trained to call them in Hermes' form."
)


def speech_for(
    formats: Formats, options: Options, opened: bool = False, fresh: Callable[[], str] = lambda: secrets.token_hex(12)
) -> Speech:
    """The speech of an answer. `opened`: the prompt ends inside a thought; `fresh` makes the letters of a call's id.

    Its grammar is all that `schema`, `tools` and `tool_choice` ask for. Raises SpeechError where that cannot be.
    """
    calling = bool(options.tools) and options.tool_choice != "none"
    if calling and formats.calls is None:
        raise SpeechError(NO_TOOLS, "tools")
    grammar = grammar_for(formats, options, opened)
    if not calling and not formats.reasons:
        return Plain(grammar)
    forced = calling and options.tool_choice != "auto"
    return Spoken(Plan(formats, options.tools if calling else (), opened, grammar, fresh, forced))
