"""How the next token is chosen: `Options` into a sampler chain in llama.cpp's own order, and a grammar beside it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from providers.engine.chain import Candidates, Chain, Grammar
from providers.engine.context import Context
from providers.engine.frames import Options
from providers.engine.llama import Model

WINDOW = 1024
"""How many generated tokens the penalties look back."""
SEED_BITS = 0xFFFFFFFF
"""Seeds are 32 bits, and this one means "random" to llama.cpp: it is never passed on."""


def plain(options: Options) -> bool:
    """Whether the answer is always the likeliest token, so that no chain is needed."""
    return options.temperature == 0 and not options.logit_bias and not _penalised(options)


def chain_for(options: Options, vocabulary: int, fresh_seed: Callable[[], int], choice: int = 0) -> Chain:
    """The chain for one choice of an answer; temperature 0 is greedy.

    `fresh_seed` is asked when the client gave no seed. Choices of one seed differ, each repeatably.
    """
    chain = Chain()
    if options.logit_bias:
        chain.bias(vocabulary, options.logit_bias)
    if _penalised(options):
        repeat, frequency, presence = options.repeat_penalty, options.frequency_penalty, options.presence_penalty
        chain.penalties(vocabulary, WINDOW, repeat, frequency, presence)
    if options.temperature == 0:
        chain.greedy()
        return chain
    if options.top_k > 0:
        chain.top_k(options.top_k)
    if options.top_p < 1:
        chain.top_p(options.top_p)
    if options.min_p > 0:
        chain.min_p(options.min_p)
    chain.temperature(options.temperature)
    seed = fresh_seed() if options.seed is None else options.seed + choice
    chain.draw(seed % SEED_BITS)
    return chain


class Sampler:
    """Chooses the tokens of one choice. `chain` None: the likeliest one; `grammar` None: any token will do.

    `silent` are tokens that a grammar knows by a text which nobody reads: it never gets them.
    """

    def __init__(self, model: Model, chain: Chain | None, silent: NDArray[np.int32]) -> None:
        self._model, self._chain, self._silent = model, chain, silent
        self._candidates: Candidates | None = None
        self.grammar: Grammar | None = None

    def close(self) -> None:
        """Free what is llama.cpp's."""
        if self._chain is not None:
            self._chain.close()
        if self.grammar is not None:
            self.grammar.close()

    def pick(self, memory: Context, row: int) -> int | None:
        """The next token for a row of the last decode. None: the grammar leaves none that this model has."""
        if self.grammar is None:
            return memory.likeliest()[row] if self._chain is None else memory.sample(self._chain, row)
        token = self._within(memory, row, self.grammar)
        if token is not None:
            if not self._model.ends(token):
                self.grammar.accept(token)
            if self._chain is not None:
                self._chain.accept(token)
        return token

    def _within(self, memory: Context, row: int, grammar: Grammar) -> int | None:
        """First the chain's own wish, which most often is allowed; then, at a high cost, out of all that is."""
        room, logits = self._room(), memory.logits()[row]
        if self._chain is None:
            token = memory.likeliest()[row]
        else:
            room.fill(logits, self._silent)
            token = self._chain.choose(room)
        if token not in self._silent and grammar.allows(token, room):
            return token
        room.fill(logits, self._silent)
        grammar.restrict(room)
        if not room.possible():
            return None
        token = room.likeliest() if self._chain is None else self._chain.choose(room)
        return token if grammar.allows(token, room) else None

    def _room(self) -> Candidates:
        if self._candidates is None:
            self._candidates = Candidates(self._model.size)
        return self._candidates


def _penalised(options: Options) -> bool:
    return bool(options.repeat_penalty != 1.0 or options.frequency_penalty or options.presence_penalty)
