"""A small typed facade over llama.cpp's low-level API: only this file and `pooled.py` import llama_cpp.

What would abort or crash the process when called wrongly (a bad token, a foreign sequence, a file that is no model) is
checked here first. Nothing in here is safe to use from two threads.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib

SPECIAL = lib.LLAMA_TOKEN_ATTR_CONTROL | lib.LLAMA_TOKEN_ATTR_UNKNOWN | lib.LLAMA_TOKEN_ATTR_USER_DEFINED
LOG_ERROR = 4  # GGML_LOG_LEVEL_ERROR, which the bindings leave out
NO_ROOM = 1  # llama_decode: no free cells for this batch; the state is as before


class ModelError(Exception):
    """This file cannot be served as configured; the message says why, for the operator."""


class EngineFailure(Exception):
    """llama.cpp failed in a way that this process does not outlive."""


SILENCE = lib.llama_log_callback(lambda _level, _text, _user: None)


@contextmanager
def errors_heard() -> Iterator[list[str]]:
    """llama.cpp's log is silent, but its errors within this block are collected: the first explains a refusal."""
    errors: list[str] = []

    def hear(level: int, text: bytes, _user: object) -> None:
        if level == LOG_ERROR:
            errors.append(text.decode("utf-8", "replace").strip())

    callback = lib.llama_log_callback(hear)
    lib.llama_log_set(callback, None)
    try:
        yield errors
    finally:
        lib.llama_log_set(SILENCE, None)


def built_with_amx() -> bool:
    """Whether Intel's matrix tiles would be used: gcc 12 breaks those kernels, they crash (llama.cpp issue 20824)."""
    return b"AMX_INT8 = 1" in lib.llama_print_system_info()


def has_gpu() -> bool:
    """Whether this build can compute on a GPU."""
    return bool(lib.llama_supports_gpu_offload())


class Model:
    """A loaded model and its vocabulary. `close` frees it; its contexts must be closed before.

    `progress` hears the share loaded, says whether to go on; `place` may change the parameters. Raises ModelError.
    """

    def __init__(
        self, path: Path, progress: Callable[[float], bool], place: Callable[[Any], None] = lambda _: None
    ) -> None:
        lib.llama_backend_init()
        params = lib.llama_model_default_params()
        heard = lib.llama_progress_callback(lambda share, _user: progress(share))
        params.progress_callback = heard
        params.use_extra_bufts = not built_with_amx()
        place(params)
        with errors_heard() as errors:
            self.handle = lib.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            raise ModelError(f"llama.cpp cannot load {path}: {next(iter(errors), 'no reason given')}")
        self._vocab = lib.llama_model_get_vocab(self.handle)
        self._pieces: dict[int, bytes] = {}
        self.path = path
        self.architecture = self.meta("general.architecture") or "unknown"
        if lib.llama_vocab_type(self._vocab) == lib.LLAMA_VOCAB_TYPE_NONE:
            self.close()
            raise ModelError(f"{path} cannot be served: it has no vocabulary")
        self.size: int = lib.llama_vocab_n_tokens(self._vocab)
        self.train_context: int = lib.llama_model_n_ctx_train(self.handle)
        self.special = self._special_tokens()

    def close(self) -> None:
        """Free the model."""
        lib.llama_model_free(self.handle)

    def meta(self, key: str) -> str | None:
        """A scalar of the file's metadata, as text."""
        length = lib.llama_model_meta_val_str(self.handle, key.encode(), ctypes.create_string_buffer(1), 1)
        if length < 0:
            return None
        buffer = ctypes.create_string_buffer(length + 1)
        lib.llama_model_meta_val_str(self.handle, key.encode(), buffer, length + 1)
        return buffer.value.decode("utf-8", "replace")

    def name(self) -> str:
        """The model's own name, else the file's."""
        return self.meta("general.name") or self.path.stem

    def template(self) -> str | None:
        """The chat template that the file brings."""
        found = lib.llama_model_chat_template(self.handle, None)
        return found.decode("utf-8", "replace") if found else None

    def forgets(self) -> bool:
        """Whether its state is recurrent, so that a part of a prefix can be neither cut off nor copied."""
        return bool(lib.llama_model_is_recurrent(self.handle) or lib.llama_model_is_hybrid(self.handle))

    def spaces_first(self) -> bool:
        """Whether tokenising puts a space before text (SentencePiece), so that text in the middle needs care."""
        return bool(lib.llama_vocab_type(self._vocab) == lib.LLAMA_VOCAB_TYPE_SPM)

    def begin(self) -> int | None:
        """The token that every prompt must begin with, where the model wants one."""
        token = lib.llama_vocab_bos(self._vocab)
        return token if lib.llama_vocab_get_add_bos(self._vocab) and token >= 0 else None

    def text_of(self, token: int) -> str:
        """A token as the vocabulary writes it ("<|im_end|>"); empty for an id outside it."""
        if not 0 <= token < self.size:
            return ""
        return (lib.llama_vocab_get_text(self._vocab, token) or b"").decode("utf-8", "replace")

    def marks(self) -> dict[str, str]:
        """The texts that chat templates ask for: `bos_token` and `eos_token`."""
        found = {"bos_token": lib.llama_vocab_bos(self._vocab), "eos_token": lib.llama_vocab_eos(self._vocab)}
        return {name: self.text_of(token) for name, token in found.items()}

    def tokenize(self, text: str, *, special: bool, framed: bool = False) -> list[int]:
        """Token ids. `special`: texts of control tokens become those tokens; otherwise they stay plain text.

        `framed`: with the tokens that the model wants before and after a text.
        """
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (lib.llama_token * room)()
        count = lib.llama_tokenize(self._vocab, data, len(data), tokens, room, framed, special)
        if count < 0:
            raise EngineFailure(f"the tokeniser wants {-count} tokens for {len(data)} bytes")
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """The bytes that a generated token stands for; control tokens stand for none."""
        found = self._pieces.get(token)
        if found is None:
            found = self._pieces[token] = self._read_piece(token)
        return found

    def ends(self, token: int) -> bool:
        """Whether this token ends an answer."""
        return bool(lib.llama_vocab_is_eog(self._vocab, token))

    def generates(self) -> bool:
        """Whether it writes text: it is no encoder, embedding or diffusion model."""
        pooling = self.meta(f"{self.architecture}.pooling_type") not in (None, "0")
        causal = self.meta(f"{self.architecture}.attention.causal") != "false"
        decoder = lib.llama_model_has_decoder(self.handle) and not lib.llama_model_has_encoder(self.handle)
        return bool(decoder and causal and not pooling and not lib.llama_model_is_diffusion(self.handle))

    def context(
        self, tokens: int, sequences: int, batch: int, threads: int, place: Callable[[Any], None] = lambda _: None
    ) -> "Context":
        """Working memory for `tokens` in all of `sequences`. Raises ModelError when it cannot be had."""
        return Context(self, tokens, sequences, batch, threads, place)

    def _read_piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        count = lib.llama_token_to_piece(self._vocab, token, buffer, 64, 0, False)
        if count < 0:
            buffer = ctypes.create_string_buffer(-count)
            count = lib.llama_token_to_piece(self._vocab, token, buffer, -count, 0, False)
        return buffer.raw[: max(0, count)]

    def _special_tokens(self) -> dict[int, str]:
        """Control and marker tokens; white space that a vocabulary calls special is ordinary text."""
        attribute = lib.llama_vocab_get_attr
        found = (token for token in range(self.size) if attribute(self._vocab, token) & SPECIAL)
        texts = {token: self.text_of(token) for token in found}
        return {token: text for token, text in texts.items() if text.strip(" \t\r\n▁ĠĊ")}


class Context:
    """A model's working memory (one cache of cells, shared by all sequences) and the batch that is being filled.

    `tokens` is its size in tokens over all sequences; a batch holds at most `batch` tokens and one output a sequence.
    """

    def __init__(
        self, model: Model, tokens: int, sequences: int, batch: int, threads: int, place: Callable[[Any], None]
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
        with errors_heard() as errors:
            self._context = lib.llama_init_from_model(model.handle, params)
        if not self._context:
            raise ModelError(f"llama.cpp cannot make room for {tokens} tokens: {next(iter(errors), 'out of memory?')}")
        self._memory = lib.llama_get_memory(self._context)
        self._batch = lib.llama_batch_init(batch, 0, 1)
        self._vocabulary, self._outputs = model.size, 0
        self.batch_size, self.sequences = batch, sequences

    def close(self) -> None:
        """Free the context and its batch."""
        lib.llama_batch_free(self._batch)
        lib.llama_free(self._context)

    def clear(self) -> None:
        """Empty the batch."""
        self._batch.n_tokens = self._outputs = 0

    def room(self) -> int:
        """Tokens that the batch still takes."""
        return int(self.batch_size - self._batch.n_tokens)

    def add(self, token: int, position: int, sequence: int, output: bool) -> int:
        """Append a token to the batch; its row is returned. Raises EngineFailure on what llama.cpp would abort for."""
        batch, row = self._batch, self._batch.n_tokens
        self._outputs += output
        inside = 0 <= token < self._vocabulary and 0 <= sequence < self.sequences and position >= 0
        if not inside or row >= self.batch_size or self._outputs > self.sequences:
            raise EngineFailure(f"token {token} of sequence {sequence} at {position} does not belong in the batch")
        batch.token[row], batch.pos[row], batch.logits[row] = token, position, output
        batch.n_seq_id[row], batch.seq_id[row][0] = 1, sequence
        batch.n_tokens = row + 1
        return int(row)

    def decode(self) -> bool:
        """Run the batch. False: there is no room in the cache, nothing has changed. Raises EngineFailure."""
        code = lib.llama_decode(self._context, self._batch)
        if code not in (0, NO_ROOM):
            raise EngineFailure(f"llama_decode returned {code}")
        return bool(code == 0)

    def forget(self, sequence: int, start: int = 0) -> bool:
        """Drop a sequence's cells from a position on. False: only the whole can be dropped, nothing changed."""
        return bool(lib.llama_memory_seq_rm(self._memory, sequence, start, -1))

    def share(self, source: int, target: int, tokens: int) -> None:
        """Let an empty `target` begin with the first `tokens` of `source`; no data is copied."""
        lib.llama_memory_seq_cp(self._memory, source, target, 0, tokens)

    def sample(self, chain: "Chain", row: int) -> int:
        """The next token for a row whose output was asked for in the last `decode`."""
        return int(lib.llama_sampler_sample(chain.handle, self._context, row))


class Chain:
    """A sampler chain, run in the order of the calls; it must end in `greedy` or `draw`."""

    def __init__(self) -> None:
        self.handle = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())

    def close(self) -> None:
        """Free the chain and its samplers."""
        lib.llama_sampler_free(self.handle)

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
