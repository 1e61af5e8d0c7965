"""How many tokens a text has at least, without tokenising it: what cannot fit is refused before it costs seconds."""

from math import inf

import numpy as np

from providers.engine.llama import Model

LOOK = 1 << 16
"""Characters that are looked at at once."""
ROUNDING = 1 - 1e-9
"""A sum of fractions may come out a little too large."""


class Least:
    """A byte counts for 1/n, n being the size of the longest token that has it: no token counts for more than 1.

    A vocabulary with tokens that take white space along, as much as there is, lets that count for nothing.
    """

    def __init__(self, model: Model) -> None:
        sizes = np.ones(256)
        for token in range(model.size):
            for text in (model.piece(token), model.text_of(token).encode() if token in model.special else b""):
                has = list(set(text))
                sizes[has] = np.maximum(sizes[has], len(text))
        self._shares = 1 / sizes
        if model.strips():
            self._shares[list(b" \t\n\v\f\r")] = 0
        self.longest = int(sizes.max())
        """Bytes of the longest token."""

    def tokens(self, text: str, enough: float = inf) -> int:
        """So many or more; looks no further where they are `enough`."""
        found, at = 0.0, 0
        while at < len(text) and found < enough:
            part = text[at : at + LOOK].encode("utf-8", "replace")
            found += float(np.bincount(np.frombuffer(part, np.uint8), minlength=256) @ self._shares) * ROUNDING
            at += LOOK
        return int(found)
