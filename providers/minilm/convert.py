"""MiniLM's own files become a GGUF: llama.cpp's names, its spelling of WordPiece, matrices in half precision."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from providers.minilm import gguf, safetensors

WIDTH, LAYERS, HEADS, FEED, CONTEXT = 384, 6, 12, 1536, 512
NORMAL, UNKNOWN, CONTROL = 1, 2, 3
"""llama.cpp's kinds of tokens."""
MEAN = 1
"""Pooling: an input's vector is the mean of its tokens' vectors."""
F16 = 1

EMBEDDINGS = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
IN_A_LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
KEPT_WHOLE = ("position_embd.weight", "token_types.weight")
"""Matrices that llama.cpp wants in single precision, as it does all norms and biases."""


def convert(weights: bytes, vocabulary: str, target: Path) -> None:
    """Write the GGUF. `weights` is a safetensors file, `vocabulary` a token a line. Raises ValueError."""
    named = {name: tensor for old, tensor in safetensors.read(weights).items() if (name := tensor_name(old))}
    gguf.write(target, header(vocabulary.splitlines()), {name: precise(name, named[name]) for name in sorted(named)})


def tensor_name(name: str) -> str | None:
    """llama.cpp's name of a tensor; None for those that it does not need (the pooler, position ids)."""
    stem, _, kind = name.rpartition(".")
    layer = re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", stem)
    known = f"blk.{layer[1]}.{IN_A_LAYER[layer[2]]}" if layer else EMBEDDINGS.get(stem)
    return f"{known}.{kind}" if known else None


def precise(name: str, tensor: NDArray[Any]) -> NDArray[Any]:
    """The tensor in the precision that llama.cpp wants."""
    whole = tensor.ndim < 2 or name in KEPT_WHOLE
    return tensor.astype(np.float32 if whole else np.float16)


def header(tokens: list[str]) -> Mapping[str, gguf.Value]:
    """The file's metadata: the network's sizes and its WordPiece vocabulary."""
    return {
        "general.architecture": "bert",
        "general.name": "all-MiniLM-L6-v2",
        "general.license": "apache-2.0",
        "general.file_type": F16,
        "bert.context_length": CONTEXT,
        "bert.embedding_length": WIDTH,
        "bert.block_count": LAYERS,
        "bert.feed_forward_length": FEED,
        "bert.attention.head_count": HEADS,
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": MEAN,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": [spelling(token) for token in tokens],
        "tokenizer.ggml.token_type": [kind(token) for token in tokens],
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.bos_token_id": tokens.index("[CLS]"),
        "tokenizer.ggml.cls_token_id": tokens.index("[CLS]"),
        "tokenizer.ggml.seperator_token_id": tokens.index("[SEP]"),  # spelled so in the format
        "tokenizer.ggml.unknown_token_id": tokens.index("[UNK]"),
        "tokenizer.ggml.padding_token_id": tokens.index("[PAD]"),
        "tokenizer.ggml.mask_token_id": tokens.index("[MASK]"),
    }


def spelling(token: str) -> str:
    """llama.cpp marks the beginning of a word where WordPiece marks what continues one."""
    if kind(token) != NORMAL:
        return token
    return token.removeprefix("##") if token.startswith("##") else f"▁{token}"


def kind(token: str) -> int:
    """Which tokens are marks and no text."""
    if token == "[UNK]":
        return UNKNOWN
    return CONTROL if token.startswith("[") and token.endswith("]") and len(token) > 2 else NORMAL
