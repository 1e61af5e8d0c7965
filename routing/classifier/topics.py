"""Which of the configured topics a prompt is about: the description that is nearest by an encoder's vectors, or the one
with which it shares most words; with the client's hint as a prior.
"""

import math
from collections.abc import Mapping

from msgspec import Struct

from providers.words import Message
from routing.classifier.features import FUNCTION_WORDS, Features, features

LEAST = 0.15
"""Cosine of shared words below which no topic is meant."""
LEAST_MEANT = 0.22
"""Cosine of vectors below which no topic is meant: MiniLM puts what belongs to none of them at 0.2 and less."""
HINT = 0.1
"""What the client's own hint is worth, in cosine."""


class Topics(Struct, frozen=True):
    """The configured topics, read once: their words by name; `plain` are words that tell nothing."""

    words: Mapping[str, frozenset[int]]
    plain: frozenset[int]

    def nearest(self, seen: Features, hint: str | None = None) -> str | None:
        """By shared words; None: none of them."""
        said = frozenset(seen.words.tolist()) - self.plain
        return best({name: _shared(said, words) for name, words in self.words.items()}, hint, LEAST)


def topics(described: Mapping[str, str]) -> Topics:
    """From descriptions by name (`topics:` in config.yaml): words, or a sentence of what belongs there."""
    read = {name: _words(f"{name} {about}") for name, about in described.items()}
    everywhere = frozenset.intersection(*read.values()) if len(read) > 1 else frozenset[int]()
    plain = everywhere | _words(FUNCTION_WORDS.decode())
    return Topics({name: words - plain for name, words in read.items()}, plain)


def _words(text: str) -> frozenset[int]:
    return frozenset(features((Message("user", text),)).words.tolist())


def _shared(said: frozenset[int], words: frozenset[int]) -> float:
    return len(said & words) / math.sqrt(max(len(said), 1) * max(len(words), 1))


def best(near: Mapping[str, float], hint: str | None = None, least: float = LEAST_MEANT) -> str | None:
    """The largest cosine; a hint that names a topic lifts it, and stands alone where nothing else is near."""
    lifted = {name: value + (HINT if name == hint else 0.0) for name, value in near.items()}
    first = max(lifted, key=lambda name: lifted[name], default=None)
    if first is None or lifted[first] < least:
        return hint if hint in near else None
    return first
