"""How a model's raw text is read, and what it is held to: `speech_for` makes the `Speech` of an answer."""

import secrets
from collections.abc import Callable

from providers.engine.frames import Options
from providers.engine.speech.base import Formats, Said, Speech, SpeechError
from providers.engine.speech.plain import Plain

__all__ = ["Formats", "Said", "Speech", "SpeechError", "speech_for"]


def speech_for(
    formats: Formats, options: Options, opened: bool = False, fresh: Callable[[], str] = lambda: secrets.token_hex(12)
) -> Speech:
    """The speech of an answer. `opened`: the prompt ends inside a thought; `fresh` makes the letters of a call's id.

    Raises SpeechError.
    """
    return Plain()
