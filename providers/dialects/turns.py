"""A conversation as most providers want it: system text apart, turns that alternate.

System messages are gathered wherever they stand, as Anthropic's own OpenAI endpoint does. Neighbours of one role become
one turn, so that the results of parallel tool calls stand together.
"""

from collections.abc import Callable, Iterable

from providers.dialects.asked import MESSAGES
from providers.dialects.parameters import unsupported
from providers.errors import CallerError
from providers.words import Message

SYSTEM = frozenset({"system", "developer"})
Block = dict[str, object]
Turn = tuple[str, list[Block]]
"""Who speaks, in the provider's word, and what."""


def gathered(
    messages: Iterable[Message], content: Callable[[Message], list[Block]], said: Callable[[Message], Turn]
) -> tuple[list[Block], list[Turn]]:
    """The system blocks, by `content`, and the turns, by `said`. Raises CallerError naming `messages`.

    Empty turns, which providers refuse, are left out; a system block says text, under the name `text`.
    """
    system: list[Block] = []
    turns: list[Turn] = []
    for message in messages:
        if message.role in SYSTEM:
            system += content(message)
            continue
        role, blocks = said(message)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    if not turns:
        raise CallerError("There is no message to answer.", param=MESSAGES, code="invalid_value")
    if not all("text" in block or "cachePoint" in block for block in system):
        raise unsupported(MESSAGES, "a system message takes text only")
    return system, turns


def unknown(role: str) -> CallerError:
    """A 400 for a role that the provider has not."""
    return unsupported(MESSAGES, f"there is no role '{role[:40]}'")
