"""llama.cpp's other use: texts into vectors, several at once. With `llama.py` the only file that imports llama_cpp.

A text must fit in one batch whole, because every token sees those after it too.
"""

from collections.abc import Sequence

import llama_cpp.llama_cpp as lib
import numpy as np

from providers.engine.llama import EngineFailure, Model, ModelError, errors_heard
from providers.engine.shortening import of_length_one

POOLS = {
    "mean": lib.LLAMA_POOLING_TYPE_MEAN,
    "cls": lib.LLAMA_POOLING_TYPE_CLS,
    "last": lib.LLAMA_POOLING_TYPE_LAST,
}
"""Ways to make one vector of a text's; a model without one writes text, one with another ranks."""


class Pooled:
    """Working memory for at most `sequences` texts of `tokens` tokens together.

    `pooling`: a key of POOLS instead of what the file says (None). Raises ModelError.
    """

    def __init__(self, model: Model, tokens: int, sequences: int, threads: int, pooling: str | None = None) -> None:
        params = lib.llama_context_default_params()
        # llama.cpp aborts over a batch that the sequences cannot share equally
        params.n_ctx = params.n_batch = params.n_ubatch = -(-tokens // sequences) * sequences
        params.n_seq_max, params.kv_unified, params.embeddings = sequences, True, True
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        if pooling is not None:
            params.pooling_type = POOLS[pooling]
        with errors_heard() as errors:
            self._context = lib.llama_init_from_model(model.handle, params)
        if not self._context:
            raise ModelError(f"llama.cpp cannot make room for {tokens} tokens: {next(iter(errors), 'out of memory?')}")
        found = lib.llama_pooling_type(self._context)
        if found not in POOLS.values():
            lib.llama_free(self._context)
            raise ModelError(f"{model.path} is not an embedding model: {_instead(found)} ({model.architecture})")
        self._batch = lib.llama_batch_init(tokens, 0, 1)
        self._memory = lib.llama_get_memory(self._context)
        self._vocabulary = model.size
        self.width: int = lib.llama_model_n_embd_out(model.handle)
        self.tokens, self.sequences = tokens, sequences

    def close(self) -> None:
        """Free the context and its batch."""
        lib.llama_batch_free(self._batch)
        lib.llama_free(self._context)

    def vectors(self, texts: Sequence[Sequence[int]]) -> list[bytes]:
        """A vector of length 1 for each text's tokens, as little-endian float32. Raises EngineFailure."""
        self._fill(texts)
        if self._memory:
            lib.llama_memory_clear(self._memory, True)
        code = lib.llama_decode(self._context, self._batch)
        if code:
            raise EngineFailure(f"llama_decode returned {code}")
        return [self._vector(sequence) for sequence in range(len(texts))]

    def _fill(self, texts: Sequence[Sequence[int]]) -> None:
        if len(texts) > self.sequences or sum(map(len, texts)) > self.tokens or not all(texts):
            raise EngineFailure(f"{len(texts)} texts do not fit in the batch")
        batch, row = self._batch, 0
        for sequence, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                if not 0 <= token < self._vocabulary:
                    raise EngineFailure(f"token {token} does not belong in the batch")
                batch.token[row], batch.pos[row], batch.logits[row] = token, position, True
                batch.n_seq_id[row], batch.seq_id[row][0] = 1, sequence
                row += 1
        batch.n_tokens = row

    def _vector(self, sequence: int) -> bytes:
        found = lib.llama_get_embeddings_seq(self._context, sequence)
        if not found:
            raise EngineFailure("llama.cpp gave no vector")
        vector = np.ctypeslib.as_array(found, (self.width,)).astype("<f4")
        return of_length_one(vector)


def _instead(pooling: int) -> str:
    """What a model without a way to pool is for, as far as the file says."""
    if pooling == lib.LLAMA_POOLING_TYPE_RANK:
        return "it ranks answers to a question, and has no vectors"
    return "it does not pool; `pooling: mean`, `cls` or `last` makes it"
