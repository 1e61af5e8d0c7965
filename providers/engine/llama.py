"""A model, in a small typed facade over llama.cpp's low-level API: beside `context.py`, `chain.py` and `pooled.py` the
only file that imports llama_cpp.

What would abort or crash the process when called wrongly (a bad token, a foreign sequence, a file that is no model) is
checked here first. Nothing in here is safe to use from two threads.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib

from providers.engine.cutting import Cutter

SPECIAL = lib.LLAMA_TOKEN_ATTR_CONTROL | lib.LLAMA_TOKEN_ATTR_UNKNOWN | lib.LLAMA_TOKEN_ATTR_USER_DEFINED
LONG = 2000
"""Characters from which on a text is tokenised in pieces."""
LOG_ERROR = 4  # GGML_LOG_LEVEL_ERROR, which the bindings leave out


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
        self.vocabulary = lib.llama_model_get_vocab(self.handle)
        self._pieces: dict[int, bytes] = {}
        self.path = path
        self.architecture = self.meta("general.architecture") or "unknown"
        if lib.llama_vocab_type(self.vocabulary) == lib.LLAMA_VOCAB_TYPE_NONE:
            self.close()
            raise ModelError(f"{path} cannot be served: it has no vocabulary")
        self.size: int = lib.llama_vocab_n_tokens(self.vocabulary)
        self.train_context: int = lib.llama_model_n_ctx_train(self.handle)
        self.special = self._special_tokens()
        self._cutters = {special: Cutter(self._marks(special)) for special in (True, False)}
        ends = (token for token in range(self.size) if lib.llama_vocab_is_eog(self.vocabulary, token))
        self._ends = frozenset(ends)

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
        return bool(lib.llama_vocab_type(self.vocabulary) == lib.LLAMA_VOCAB_TYPE_SPM)

    def strips(self) -> bool:
        """Whether a token takes white space beside it along."""
        wanted = lib.LLAMA_TOKEN_ATTR_LSTRIP | lib.LLAMA_TOKEN_ATTR_RSTRIP
        return any(lib.llama_vocab_get_attr(self.vocabulary, token) & wanted for token in range(self.size))

    def begin(self) -> int | None:
        """The token that every prompt must begin with, where the model wants one."""
        token = lib.llama_vocab_bos(self.vocabulary)
        return token if lib.llama_vocab_get_add_bos(self.vocabulary) and token >= 0 else None

    def text_of(self, token: int) -> str:
        """A token as the vocabulary writes it ("<|im_end|>"); empty for an id outside it."""
        if not 0 <= token < self.size:
            return ""
        return (lib.llama_vocab_get_text(self.vocabulary, token) or b"").decode("utf-8", "replace")

    def marks(self) -> dict[str, str]:
        """The texts that chat templates ask for: `bos_token` and `eos_token`."""
        found = {"bos_token": lib.llama_vocab_bos(self.vocabulary), "eos_token": lib.llama_vocab_eos(self.vocabulary)}
        return {name: self.text_of(token) for name, token in found.items()}

    def tokenize(self, text: str, *, special: bool, framed: bool = False) -> list[int]:
        """Token ids. `special`: texts of control tokens become those tokens; otherwise they stay plain text.

        `framed`: with the tokens that the model wants before and after a text.
        """
        if framed or len(text) < LONG:
            return self._tokens(text, special, framed)
        pieces = self._cutters[special].pieces(text)
        return [token for piece in pieces for token in self._tokens(piece, special, False)]

    def _tokens(self, text: str, special: bool, framed: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (lib.llama_token * room)()
        count = lib.llama_tokenize(self.vocabulary, data, len(data), tokens, room, framed, special)
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
        return token in self._ends

    def generates(self) -> bool:
        """Whether it writes text: it is no encoder, embedding or diffusion model."""
        pooling = self.meta(f"{self.architecture}.pooling_type") not in (None, "0")
        causal = self.meta(f"{self.architecture}.attention.causal") != "false"
        decoder = lib.llama_model_has_decoder(self.handle) and not lib.llama_model_has_encoder(self.handle)
        return bool(decoder and causal and not pooling and not lib.llama_model_is_diffusion(self.handle))

    def _read_piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        count = lib.llama_token_to_piece(self.vocabulary, token, buffer, 64, 0, False)
        if count < 0:
            buffer = ctypes.create_string_buffer(-count)
            count = lib.llama_token_to_piece(self.vocabulary, token, buffer, -count, 0, False)
        return buffer.raw[: max(0, count)]

    def _marks(self, special: bool) -> list[str]:
        """Texts that the tokeniser finds before all others, and takes no white space before them along."""
        wanted = lib.LLAMA_TOKEN_ATTR_USER_DEFINED | (lib.LLAMA_TOKEN_ATTR_CONTROL if special else 0)
        attributes = ((token, lib.llama_vocab_get_attr(self.vocabulary, token)) for token in range(self.size))
        return [
            self.text_of(token) for token, has in attributes if has & wanted and not has & lib.LLAMA_TOKEN_ATTR_LSTRIP
        ]

    def _special_tokens(self) -> dict[int, str]:
        """Control and marker tokens; white space that a vocabulary calls special is ordinary text."""
        attribute = lib.llama_vocab_get_attr
        found = (token for token in range(self.size) if attribute(self.vocabulary, token) & SPECIAL)
        texts = {token: self.text_of(token) for token in found}
        return {token: text for token, text in texts.items() if text.strip(" \t\r\n▁ĠĊ")}
