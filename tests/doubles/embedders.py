"""Embedding models with weights of chance and a vocabulary as large as wanted: for what they weigh, not for words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from providers.minilm import gguf

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
Tensors = dict[str, NDArray[Any]]


class Sizes(Struct, frozen=True):
    """Of a network: `feed` is the width of its inner layers, `vocabulary` how many tokens it knows."""

    width: int = 128
    layers: int = 2
    heads: int = 4
    feed: int = 512
    vocabulary: int = 20_000
    context: int = 1024


def bert(path: Path, sizes: Sizes) -> Path:
    """An encoder: it has neither a cache of keys and values nor a way to write tokens."""
    tokens = [*MARKS, *(f"▁w{number}" for number in range(sizes.vocabulary - len(MARKS)))]
    values: dict[str, gguf.Value] = {
        **_sizes("bert", sizes),
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3] * len(MARKS) + [1] * (len(tokens) - len(MARKS)),
        "tokenizer.ggml.token_type_count": 2,
        **{f"tokenizer.ggml.{name}_token_id": at for at, name in enumerate(("padding", "unknown", "cls", "seperator"))},
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.mask_token_id": 4,
    }
    chance, width = _Chance(), sizes.width
    tensors = {"token_embd.weight": chance.matrix(sizes.vocabulary, width), **chance.norm("token_embd_norm", width)}
    tensors["token_types.weight"] = chance.matrix(2, width).astype(np.float32)
    tensors["position_embd.weight"] = chance.matrix(sizes.context, width).astype(np.float32)
    for layer in range(sizes.layers):
        at = f"blk.{layer}."
        for name, rows, columns in _matrices(sizes, "ffn_up"):
            tensors |= {f"{at}{name}.weight": chance.matrix(rows, columns), f"{at}{name}.bias": _ones(rows)}
        tensors |= chance.norm(at + "attn_output_norm", width) | chance.norm(at + "layer_output_norm", width)
    gguf.write(path, values, tensors)
    return path


def decoder(path: Path, sizes: Sizes) -> Path:
    """What writes tokens and is pooled at its last one, as Qwen3-Embedding is."""
    values: dict[str, gguf.Value] = {
        **_sizes("qwen3", sizes),
        "qwen3.attention.head_count_kv": sizes.heads,
        "qwen3.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen3.pooling_type": 3,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": [f"t{number}" for number in range(sizes.vocabulary)],
        "tokenizer.ggml.token_type": [1] * sizes.vocabulary,
        "tokenizer.ggml.merges": ["a a"],
        "tokenizer.ggml.eos_token_id": 0,
    }
    chance, width, head = _Chance(), sizes.width, sizes.width // sizes.heads
    tensors = {"token_embd.weight": chance.matrix(sizes.vocabulary, width), "output_norm.weight": _ones(width)}
    for layer in range(sizes.layers):
        at = f"blk.{layer}."
        for name, rows, columns in _matrices(sizes, "ffn_up", "ffn_gate"):
            tensors[f"{at}{name}.weight"] = chance.matrix(rows, columns)
        for name, size in (("attn_norm", width), ("ffn_norm", width), ("attn_q_norm", head), ("attn_k_norm", head)):
            tensors[f"{at}{name}.weight"] = _ones(size)
    gguf.write(path, values, tensors)
    return path


def _sizes(architecture: str, sizes: Sizes) -> Mapping[str, gguf.Value]:
    named = {
        "context_length": sizes.context,
        "embedding_length": sizes.width,
        "block_count": sizes.layers,
        "feed_forward_length": sizes.feed,
        "attention.head_count": sizes.heads,
    }
    own: dict[str, gguf.Value] = {f"{architecture}.{name}": value for name, value in named.items()}
    return {"general.architecture": architecture, "general.name": "chance", "general.file_type": 1, **own}


def _matrices(sizes: Sizes, *widening: str) -> Iterator[tuple[str, int, int]]:
    """Name, rows and columns of a layer's matrices."""
    for part in "q", "k", "v", "output":
        yield f"attn_{part}", sizes.width, sizes.width
    for name in widening:
        yield name, sizes.feed, sizes.width
    yield "ffn_down", sizes.width, sizes.feed


class _Chance:
    """Tensors of chance, the same each time."""

    def __init__(self) -> None:
        self._numbers = np.random.default_rng(0)

    def matrix(self, rows: int, columns: int) -> NDArray[Any]:
        return (self._numbers.standard_normal((rows, columns), np.float32) * np.float32(0.02)).astype(np.float16)

    def norm(self, name: str, width: int) -> Tensors:
        return {f"{name}.weight": _ones(width), f"{name}.bias": _ones(width)}


def _ones(size: int) -> NDArray[Any]:
    return np.ones(size, np.float32)
