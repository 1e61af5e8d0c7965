"""A family of prompts as a value, and the split that keeps held-out prompts out of the training text.

A family draws (prompt, answer, check) from an rng. Which side of the split a draw falls on is decided by a hash of its
key alone, so it is the same on every machine and for every seed: operands or entity x phrase for facts, the entity
itself where the point is that it was never seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Literal

from providers.tiny.corpus.phrase import dress, normalise

Message = dict[str, str]
Check = Callable[[str], bool]
Duty = Literal["answer", "refuse", "unknown"]

HELD_OUT_SHARE = 10
"""Per cent of the keys of a family that are held out, unless the family says otherwise."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One draw of a family before its prompt is dressed: `key` decides the split, `before` are earlier messages.

    `keep_case` leaves the letters alone, `bare` forbids any dress.
    """

    prompt: str
    answer: str
    check: Check
    key: str = ""
    before: tuple[Message, ...] = ()
    keep_case: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation that ends with a user's message, the answer to train on, and the judge of any answer."""

    messages: list[Message]
    answer: str
    check: Check


@dataclass(frozen=True, slots=True)
class Family:
    """`draft` draws freely; `weight` is its share of the corpus; `duty` says what a right answer is.

    `asked` is drawn from in place of `draft` where the model is scored: more wordings than its training ever had, for a
    family whose own leave too few on the held-out side.
    """

    name: str
    draft: Callable[[Random], Draft]
    weight: float = 1.0
    duty: Duty = "answer"
    held_out_share: int = HELD_OUT_SHARE
    asked: Callable[[Random], Draft] | None = None

    def sample(self, rng: Random, held_out: bool) -> Example:
        """Draw and dress until key and dressed prompt are both on the wanted side of the split.

        The second condition makes the sides disjoint as texts: an opening may turn one phrase into another.
        """
        while True:
            draft = self.draft(rng)
            if is_held_out(draft.key or draft.prompt, self.held_out_share) != held_out:
                continue
            content = draft.prompt if draft.bare else dress(rng, draft.prompt, draft.keep_case)
            earlier = (message["content"] for message in draft.before if message["role"] == "user")
            if is_held_out(content) == held_out and not any(map(is_held_out, earlier)):
                return Example([*draft.before, {"role": "user", "content": content}], draft.answer, draft.check)


def is_held_out(key: str, share: int = HELD_OUT_SHARE) -> bool:
    """Say on which side of the split `key` falls; case, punctuation and spacing do not count."""
    return int.from_bytes(sha256(normalise(key).encode()).digest()[:4], "big") % 100 < share
