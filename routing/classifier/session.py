"""How hard a conversation is: never easier than the hardest of its recent user turns, and a little harder as it grows.

The difficulty scale was learned from single questions; "ok, continue" says nothing by itself, and what is to be
continued stands before it.
"""

from collections.abc import Callable, Sequence

from providers.words import Message
from routing.classifier.features import SURFACE, Features, features
from routing.classifier.heads import Head

RECENT, READ = 8, 2
"""User turns before the last one that are looked at, and how many of them, the longest, are read."""
LEAST_CHARS = 24
"""A shorter turn asks for nothing by itself."""
GROWTH = 0.1
"""Logits by which a conversation is harder for each time that it grows by e beyond what is usual: an assumption, for
want of outcomes of long conversations."""
_CONTEXT = SURFACE.index("long_context")


def difficulty(
    head: Head, seen: Features, messages: Sequence[Message], again: Callable[[float, float], float] | None = None
) -> tuple[float, float]:
    """(logit of P(good), nearness 0..1) of the last user turn in its conversation; `seen` is all of it, read.

    `again` gives a better logit of that turn out of (logit, nearness); the turns before it stay a floor all the same.
    """
    logit, near = head.read(seen)
    last = (logit if again is None else again(logit, near), near)
    read = [last, *(head.read(features((turn,))) for turn in earlier(messages))]
    logit, near = min(read, key=lambda one: one[0])
    return logit - GROWTH * float(seen.surface[_CONTEXT]), near


def earlier(messages: Sequence[Message]) -> list[Message]:
    """The user turns before the last one that are worth reading."""
    if len(messages) < 2:
        return []
    turns = [message for message in messages if message.role == "user"][-RECENT - 1 : -1]
    asking = [turn for turn in turns if len(turn.text()) >= LEAST_CHARS]
    return sorted(asking, key=lambda turn: len(turn.text()), reverse=True)[:READ]
