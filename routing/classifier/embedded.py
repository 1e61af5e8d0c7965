"""Tier 1: a linear head on an encoder's vector of the turn that is asked, on tier 0's own scale of difficulty.

    logit = constant + near · (own · tier 0's logit + weights · vector + bias − constant)

Both tiers speak together, because that is what was measured beside either alone. What the encoder is given is cut to
its head and tail by bytes, so that a vector costs the same for every turn and in every script.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from msgspec import Struct

from providers.words import Message
from routing.classifier.features import asked
from routing.classifier.heads import Floats
from routing.classifier.session import LEAST_CHARS, earlier

HEAD_BYTES, TAIL_BYTES = 40, 20
"""UTF-8 bytes of a turn that the encoder reads: a dozen English words. More is slower, and was not shown to be better
(docs/query-classify.md)."""


class Embedded(Struct, frozen=True):
    """The head. `encoder` is the name that the encoder it was fitted to gives itself; `weights` is (width,), `own` the
    factor of tier 0's logit."""

    encoder: str
    weights: Floats
    bias: float
    own: float

    def logit(self, vector: bytes, tier0: float, near: float, constant: float) -> float:
        """Of P(small is good). `vector` is little-endian float32 of length 1, `near` 0..1 is tier 0's. Raises
        ValueError for a vector of another width or without a direction."""
        found = np.frombuffer(vector, "<f4")
        if found.shape != self.weights.shape:
            raise ValueError(f"the encoder gave {found.size} numbers, and the head was fitted to {self.weights.size}")
        logit = self.own * tier0 + float(found @ self.weights) + self.bias
        if not math.isfinite(logit):
            raise ValueError("the encoder's vector has no direction")
        return constant + near * (logit - constant)


def question(messages: Sequence[Message]) -> str:
    """What the encoder is asked: the last user turn, behind what it goes on with when it asks for nothing itself."""
    said = asked(messages)
    before = earlier(messages) if len(said) < LEAST_CHARS else []
    return cut(f"{before[0].text()}\n{said}" if before else said)


def cut(text: str) -> str:
    """Its first HEAD_BYTES and last TAIL_BYTES, never half a letter."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= HEAD_BYTES + TAIL_BYTES:
        return raw.decode()
    return f"{raw[:HEAD_BYTES].decode(errors='ignore')} {raw[-TAIL_BYTES:].decode(errors='ignore')}"


def save(head: Embedded, path: Path) -> None:
    """One small file."""
    with path.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            encoder=np.array(head.encoder),
            weights=head.weights.astype(np.float32),
            numbers=np.array([head.bias, head.own]),
        )


def load(path: Path) -> Embedded:
    """Raises OSError, KeyError or ValueError when there is none, or it is none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            bias, own = map(float, arrays["numbers"])
            return Embedded(str(arrays["encoder"]), arrays["weights"].astype(np.float32), bias, own)
    except (EOFError, BadZipFile) as error:
        raise ValueError(f"{path.name} is cut short: {error}") from None
