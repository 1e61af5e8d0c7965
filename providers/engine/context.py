"""A model's working memory and the batch that is being filled: one cache of cells, shared by all sequences.

What would abort the process (a bad token, a foreign sequence, too many outputs) is refused here first. The batch is
numpy arrays that llama.cpp reads in place, because filling it cell by cell costs more than small models take to think.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from providers.engine.chain import Chain
from providers.engine.llama import EngineFailure, Model, ModelError, errors_heard, has_gpu

NO_ROOM = 1
"""llama_decode: no free cells for this batch; the state is as before."""
BF16 = 30
"""GGML_TYPE_BF16, which the bindings leave out."""


class Context:
    """`tokens` is its size over all sequences; a batch holds at most `batch` tokens and one output a sequence.

    `place` may change the parameters it is made with. Raises ModelError when it cannot be had.
    """

    def __init__(
        self,
        model: Model,
        tokens: int,
        sequences: int,
        batch: int,
        threads: int,
        place: Callable[[Any], None] = lambda _: None,
    ) -> None:
        if not 0 < sequences <= lib.llama_max_parallel_sequences() or not 0 < batch <= tokens:
            raise ModelError(f"{sequences} conversations in {tokens} tokens cannot be had")
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_seq_max, params.kv_unified = tokens, sequences, True
        params.n_batch = params.n_ubatch = batch
        params.n_outputs_max = sequences
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        place(params)
        if params.type_v == lib.GGML_TYPE_F16 and not has_gpu():
            params.type_v = BF16  # of the same size, and summed up a third faster by a CPU
        with errors_heard() as errors:
            self._context = lib.llama_init_from_model(model.handle, params)
        if not self._context:
            raise ModelError(f"llama.cpp cannot make room for {tokens} tokens: {next(iter(errors), 'out of memory?')}")
        self._memory = lib.llama_get_memory(self._context)
        self._batch = _Batch(batch)
        self._logits: NDArray[np.float32] | None = None
        self._likeliest: list[int] | None = None
        self.vocabulary, self.outputs = model.size, 0
        self.batch_size, self.sequences = batch, sequences

    def close(self) -> None:
        """Free it."""
        lib.llama_free(self._context)

    def clear(self) -> None:
        """Empty the batch."""
        self._batch.cells.n_tokens = self.outputs = 0

    def room(self) -> int:
        """Tokens that the batch still takes."""
        return int(self.batch_size - self._batch.cells.n_tokens)

    def add(self, tokens: Sequence[int], position: int, sequence: int, output: bool) -> int:
        """Append a run of tokens to the batch, the first of them at `position`; with `output` the last one is answered.

        Returns that answer's row. Raises EngineFailure on what llama.cpp would abort for.
        """
        inside = 0 <= sequence < self.sequences and position >= 0 and len(tokens) <= self.room()
        if not inside or not tokens or min(tokens) < 0 or max(tokens) >= self.vocabulary:
            raise EngineFailure(f"{len(tokens)} tokens of sequence {sequence} at {position} do not belong in the batch")
        if output and self.outputs >= self.sequences:
            raise EngineFailure(f"more than {self.sequences} answers were asked of one batch")
        self._batch.append(tokens, position, sequence, output)
        self.outputs += output
        return self.outputs - 1

    def decode(self) -> bool:
        """Run the batch. False: there is no room in the cache, nothing has changed. Raises EngineFailure."""
        code = lib.llama_decode(self._context, self._batch.cells)
        self._logits = self._likeliest = None
        if code not in (0, NO_ROOM):
            raise EngineFailure(f"llama_decode returned {code}")
        return bool(code == 0)

    def logits(self) -> NDArray[np.float32]:
        """What the last `decode` answered: a row for each output, a column for each token. Valid until the next one."""
        if self._logits is None:
            pointer = lib.llama_get_logits(self._context)
            every = np.ctypeslib.as_array(pointer, (self.sequences, self.vocabulary))
            self._logits = every[: self.outputs]
        return self._logits

    def likeliest(self) -> list[int]:
        """The likeliest token of every row."""
        if self._likeliest is None:
            found: list[int] = self.logits().argmax(axis=1).tolist()
            self._likeliest = found
        return self._likeliest

    def sample(self, chain: Chain, row: int) -> int:
        """The chain's choice for a row of the last `decode`; the chain learns of it."""
        return int(lib.llama_sampler_sample(chain.handle, self._context, row - self.outputs))

    def forget(self, sequence: int, start: int = 0) -> bool:
        """Drop a sequence's cells from a position on. False: only the whole can be dropped, nothing changed."""
        return bool(lib.llama_memory_seq_rm(self._memory, sequence, start, -1))

    def share(self, source: int, target: int, tokens: int) -> None:
        """Let an empty `target` begin with the first `tokens` of `source`; no data is copied."""
        lib.llama_memory_seq_cp(self._memory, source, target, 0, tokens)


class _Batch:
    """The arrays behind a `llama_batch`; every token belongs to one sequence."""

    def __init__(self, size: int) -> None:
        self._tokens, self._positions, self._sequences = (np.zeros(size, np.int32) for _ in range(3))
        self._outputs, self._ones = np.zeros(size, np.int8), np.ones(size, np.int32)
        where = self._sequences.ctypes.data + np.arange(size, dtype=np.uintp) * self._sequences.itemsize
        self._pointers = where.astype(np.uintp)
        self.cells = lib.llama_batch(
            n_tokens=0,
            token=_at(self._tokens, lib.llama_token),
            pos=_at(self._positions, lib.llama_pos),
            n_seq_id=_at(self._ones, ctypes.c_int32),
            seq_id=_at(self._pointers, ctypes.POINTER(lib.llama_seq_id)),
            logits=_at(self._outputs, ctypes.c_int8),
        )

    def append(self, tokens: Sequence[int], position: int, sequence: int, output: bool) -> None:
        at = self.cells.n_tokens
        end = at + len(tokens)
        if end == at + 1:
            self._tokens[at], self._positions[at] = tokens[0], position
            self._sequences[at] = sequence
        else:
            self._tokens[at:end], self._sequences[at:end] = tokens, sequence
            self._positions[at:end] = np.arange(position, position + len(tokens))
            self._outputs[at:end] = 0
        self._outputs[end - 1] = output
        self.cells.n_tokens = end


def _at(array: NDArray[Any], kind: Any) -> Any:
    return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))
