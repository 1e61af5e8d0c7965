"""How the next token is chosen: `Options` into a sampler chain, in llama.cpp's own order."""

from collections.abc import Callable

from providers.engine.frames import Options
from providers.engine.llama import Chain

WINDOW = 1024
"""How many generated tokens the penalties look back."""
SEED_BITS = 0xFFFFFFFF
"""Seeds are 32 bits, and this one means "random" to llama.cpp: it is never passed on."""


def chain_for(options: Options, vocabulary: int, fresh_seed: Callable[[], int]) -> Chain:
    """The chain for one answer; temperature 0 is greedy. `fresh_seed` is asked when the client gave no seed."""
    chain = Chain()
    penalised = options.repeat_penalty != 1.0 or options.frequency_penalty or options.presence_penalty
    if penalised:
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
    seed = fresh_seed() if options.seed is None else options.seed
    chain.draw(seed % SEED_BITS)
    return chain
