"""How likely the model found its tokens: OpenAI's log-probability objects, of the row as the model gave it.

Samplers change nothing here: temperature, penalties, biases and grammars come after what is told.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from providers.engine.llama import Model

LEAST = -9999.0
"""What OpenAI writes for an impossible token; JSON has no infinity."""


class Alternative(Struct, frozen=True):
    """A token and its natural log-probability; `bytes` because a token may be half a character."""

    token: str
    logprob: float
    bytes: tuple[int, ...]


class Likelihood(Alternative, frozen=True):
    """A token that was said."""

    top_logprobs: tuple[Alternative, ...] = ()


def likelihood(model: Model, logits: NDArray[np.float32], token: int, alternatives: int) -> Likelihood:
    """Of `token`, with the likeliest `alternatives` tokens beside it."""
    row = logits.astype(np.float64)
    row -= row.max()
    row -= np.log(np.exp(row).sum())
    count = min(alternatives, len(row))
    best = np.argpartition(-row, count - 1)[:count] if count else np.empty(0, np.int64)
    ranked = best[np.argsort(-row[best], kind="stable")].tolist()
    tops = tuple(_alternative(model, other, row) for other in ranked)
    said = _alternative(model, token, row)
    return Likelihood(said.token, said.logprob, said.bytes, tops)


class Pending:
    """Likelihoods whose tokens' text has not been shown yet; positions are characters of what the model writes.

    What lies before `since` a client reads as something else, or not at all: a thought, a mark.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Likelihood]] = []

    def add(self, start: int, end: int, of: Likelihood) -> None:
        """A token whose text is from `start` to `end`."""
        self._waiting.append((start, end, of))

    def shown(self, until: int, since: int = 0) -> list[Likelihood]:
        """Those of whose text anything has now been shown, which is from `since` to `until`."""
        behind = (at for at, (start, end, _) in enumerate(self._waiting) if start >= until and end > until)
        count = next(behind, len(self._waiting))
        return self._take(count, since)

    def last(self, until: int, since: int = 0) -> list[Likelihood]:
        """Those of which anything was shown, after the last text; those behind a stop string were not."""
        count = next((at for at, (start, _, _) in enumerate(self._waiting) if start >= until), len(self._waiting))
        found = self._take(count, since)
        self._waiting.clear()
        return found

    def _take(self, count: int, since: int) -> list[Likelihood]:
        found = [of for start, end, of in self._waiting[:count] if end > since or start >= since]
        del self._waiting[:count]
        return found


def written(found: Sequence[Likelihood]) -> bytes:
    """A JSON array; nothing for none."""
    return msgspec.json.encode(found) if found else b""


def _alternative(model: Model, token: int, row: NDArray[np.float64]) -> Alternative:
    data = model.piece(token) or model.text_of(token).encode()
    return Alternative(data.decode("utf-8", "replace"), max(LEAST, round(float(row[token]), 6)), tuple(data))
