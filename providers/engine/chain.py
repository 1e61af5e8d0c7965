"""llama.cpp's samplers: a chain that chooses a token, and a grammar that says which are allowed.

A grammar is not a part of the chain: the chain chooses first, and only a choice that the grammar refuses has the
grammar look at the whole vocabulary, which costs a hundred times as much.
"""

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from providers.engine.llama import EngineFailure, Model

CELL = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""`struct llama_token_data`"""


class GrammarError(Exception):
    """llama.cpp cannot read this grammar."""


class Candidates:
    """Tokens and their logits, as samplers want them; they change them in place."""

    def __init__(self, vocabulary: int) -> None:
        self._ids = np.arange(vocabulary, dtype=np.int32)
        self._cells = np.zeros(vocabulary, CELL)
        data: Any = ctypes.cast(self._cells.ctypes.data, lib.llama_token_data_p)
        self.array = lib.llama_token_data_array(data=data)

    def fill(self, logits: NDArray[np.float32], banned: NDArray[np.int32] | None = None) -> None:
        """All tokens anew, with the logits of a row; those `banned` are impossible."""
        self._cells["id"], self._cells["logit"], self._cells["p"] = self._ids, logits, 0
        if banned is not None:
            self._cells["logit"][banned] = -np.inf
        self._ready(len(self._cells))

    def single(self, token: int) -> None:
        """This one token."""
        self._cells[0] = (token, 1.0, 0.0)
        self._ready(1)

    def possible(self) -> bool:
        """Whether any is left that has not been ruled out."""
        return bool(self._cells["logit"][: self.array.size].max() > -np.inf)

    def likeliest(self) -> int:
        """The token of the largest logit."""
        cells = self._cells[: self.array.size]
        return int(cells["id"][cells["logit"].argmax()])

    def selected(self) -> int:
        """The token that a chain chose."""
        return int(self._cells["id"][self.array.selected])

    def _ready(self, size: int) -> None:
        self.array.size, self.array.selected, self.array.sorted = size, -1, False


class Chain:
    """A sampler chain, run in the order of the calls; it must end in `greedy` or `draw`."""

    def __init__(self) -> None:
        self.handle = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())

    def close(self) -> None:
        """Free the chain and its samplers."""
        lib.llama_sampler_free(self.handle)

    def choose(self, candidates: Candidates) -> int:
        """Its choice among these; it does not count as taken before `accept`."""
        lib.llama_sampler_apply(self.handle, ctypes.byref(candidates.array))
        return candidates.selected()

    def accept(self, token: int) -> None:
        """This token was taken: penalties count it."""
        lib.llama_sampler_accept(self.handle, token)

    def bias(self, vocabulary: int, biases: Sequence[tuple[int, float]]) -> None:
        """Add to the logits of some tokens."""
        cells = (lib.llama_logit_bias * len(biases))(*(lib.llama_logit_bias(*each) for each in biases))
        self._add(lib.llama_sampler_init_logit_bias(vocabulary, len(biases), cells))

    def penalties(self, vocabulary: int, window: int, repeat: float, frequency: float, presence: float) -> None:
        """Make tokens among the last `window` generated ones less likely."""
        self._add(lib.llama_sampler_init_penalties(vocabulary, window, repeat, frequency, presence))

    def top_k(self, count: int) -> None:
        """Keep the likeliest `count`."""
        self._add(lib.llama_sampler_init_top_k(count))

    def top_p(self, share: float) -> None:
        """Keep the likeliest that make up this share of the probability."""
        self._add(lib.llama_sampler_init_top_p(share, 1))

    def min_p(self, share: float) -> None:
        """Keep those at least this share as likely as the likeliest."""
        self._add(lib.llama_sampler_init_min_p(share, 1))

    def temperature(self, value: float) -> None:
        """Flatten (> 1) or sharpen (< 1) what is left."""
        self._add(lib.llama_sampler_init_temp(value))

    def draw(self, seed: int) -> None:
        """Draw by probability; the seed is 32 bits."""
        self._add(lib.llama_sampler_init_dist(seed))

    def greedy(self) -> None:
        """Take the likeliest."""
        self._add(lib.llama_sampler_init_greedy())

    def _add(self, sampler: int | None) -> None:
        if not sampler:
            raise EngineFailure("llama.cpp refused a sampler")
        lib.llama_sampler_chain_add(self.handle, sampler)


class Grammar:
    """Where a text stands in a grammar (GBNF, its first rule `root`). Raises GrammarError."""

    def __init__(self, model: Model, gbnf: str) -> None:
        data = gbnf.encode("utf-8", "replace")
        # for llama.cpp a text ends at its first zero, and an empty one allows everything
        self.handle = (
            None if b"\0" in data or not data else lib.llama_sampler_init_grammar(model.vocabulary, data, b"root")
        )
        if not self.handle:
            raise GrammarError("llama.cpp cannot read the grammar")

    def close(self) -> None:
        """Free it."""
        lib.llama_sampler_free(self.handle)

    def restrict(self, candidates: Candidates) -> None:
        """Rule out what may not come next; an end of the answer may come where the grammar is complete."""
        lib.llama_sampler_apply(self.handle, ctypes.byref(candidates.array))

    def allows(self, token: int, candidates: Candidates) -> bool:
        """Whether this token may come next; `candidates` is room to work in."""
        candidates.single(token)
        self.restrict(candidates)
        return candidates.possible()

    def accept(self, token: int) -> None:
        """This token came next; llama.cpp aborts over one that is not allowed."""
        lib.llama_sampler_accept(self.handle, token)
