"""A model that is not ours: a llama2.c checkpoint (v0) with its tokenizer.bin, our converter, and what run.c says.

`forward` and `encoded` are Karpathy's run.c (llama2.c, MIT) in numpy, written from the file format and not from our
engine: what llama.cpp says of the converted file must be what they say.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, CONTEXT = 64, 128, 2, 4, 2, 256
BEGIN, FIRST_BYTE = 1, 3
SEED, CLEAR, CHATS = 19, 8, ("hello world", "é漢😀", "<s> user </s>")
"""Weights that are never in doubt over the first CLEAR tokens after these: rounding does not change their choice."""
WORDS = ["he", "ll", "llo", "hello", "wo", "wor", "world", "sist", "ant", "assist", "us", "er", "user", "the"]
MARKS = [b"<unk>", b"\n<s>\n", b"\n</s>\n"]
"""How tokenizer.bin writes the first three tokens; then come 256 bytes, then pieces with plain spaces."""


class Checkpoint(NamedTuple):
    """run.c's Config and TransformerWeights; matrices are (out, in), one for each layer."""

    config: tuple[int, ...]
    weights: dict[str, Floats]


def shapes(config: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Of the weights, in the file's order."""
    dim, hidden, layers, heads, kv_heads, vocabulary, context = config
    kv, half = dim // heads * kv_heads, dim // heads // 2
    return {
        "token_embd": (vocabulary, dim),
        "attn_norm": (layers, dim),
        "attn_q": (layers, dim, dim),
        "attn_k": (layers, kv, dim),
        "attn_v": (layers, kv, dim),
        "attn_output": (layers, dim, dim),
        "ffn_norm": (layers, dim),
        "ffn_gate": (layers, hidden, dim),
        "ffn_down": (layers, dim, hidden),
        "ffn_up": (layers, hidden, dim),
        "output_norm": (dim,),
        "cosines": (context, half),
        "sines": (context, half),
    }


def pieces() -> list[bytes]:
    """The vocabulary, as tokenizer.bin holds it."""
    letters = [bytes([byte]) for byte in range(32, 127)] + ["é".encode()]
    words = [word.encode() for word in WORDS]
    return [*MARKS, *(b"<0x%02X>" % byte for byte in range(256)), *letters, *words, *(b" " + word for word in words)]


def write(checkpoint: Path, tokenizer: Path, seed: int = SEED) -> None:
    """A checkpoint with random weights that share their embedding, and its vocabulary."""
    draw = np.random.default_rng(seed)
    config = (DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, len(pieces()), CONTEXT)
    weights = {name: draw.normal(0, 0.3, shape) for name, shape in shapes(config).items()}
    for name in ("attn_norm", "ffn_norm", "output_norm"):
        weights[name] += 1
    checkpoint.write_bytes(struct.pack("<7i", *config) + b"".join(w.astype("<f4").tobytes() for w in weights.values()))
    with tokenizer.open("wb") as file:
        file.write(struct.pack("<i", max(map(len, pieces()))))
        for number, piece in enumerate(pieces()):
            file.write(struct.pack("<fi", 0.0 if number < 259 else 259.0 - number, len(piece)) + piece)


def read(path: Path) -> Checkpoint:
    """A checkpoint from its bytes."""
    data = path.read_bytes()
    config = struct.unpack("<7i", data[:28])
    numbers, at, weights = np.frombuffer(data[28:], "<f4"), 0, {}
    for name, shape in shapes(config).items():
        size = int(np.prod(shape))
        weights[name] = numbers[at : at + size].reshape(shape)
        at += size
    assert at == len(numbers)
    return Checkpoint(config, weights)


def vocabulary(path: Path) -> list[tuple[bytes, float]]:
    """The tokens of a tokenizer.bin and their scores."""
    data, at, found = path.read_bytes(), 4, []
    while at < len(data):
        score, length = struct.unpack_from("<fi", data, at)
        found.append((data[at + 8 : at + 8 + length], score))
        at += 8 + length
    return found


def converted(checkpoint: Path, tokenizer: Path, path: Path) -> Path:
    """Both as one GGUF. run.c rotates neighbours, as llama.cpp's llama does: nothing is permuted."""
    made, words = read(checkpoint), vocabulary(tokenizer)
    dim, hidden, layers, heads, kv_heads, _, context = made.config
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("llama2.c")
    writer.add_context_length(context)
    writer.add_embedding_length(dim)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(dim // heads)
    writer.add_layer_norm_rms_eps(1e-5)
    _add_vocabulary(writer, words)
    for name, tensor in _tensors(made):
        writer.add_tensor(name, np.ascontiguousarray(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: gguf.GGUFWriter, words: Sequence[tuple[bytes, float]]) -> None:
    """SentencePiece's: a space is ▁, a byte is a token of its own kind."""
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word.replace(b" ", "▁".encode()).strip(b"\n") for word, _ in words])
    writer.add_token_scores([score for _, score in words])
    writer.add_token_types([*kinds, *[gguf.TokenType.NORMAL] * (len(words) - len(kinds))])
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)


def _tensors(made: Checkpoint) -> Iterator[tuple[str, Floats]]:
    for name, weight in made.weights.items():
        if name in ("token_embd", "output_norm"):
            yield f"{name}.weight", weight
        elif name not in ("cosines", "sines"):
            for layer, each in enumerate(weight):
                yield f"blk.{layer}.{name}.weight", each


def encoded(words: Sequence[tuple[bytes, float]], text: str) -> list[int]:
    """run.c's `encode`: letters or their bytes, then the best-scored neighbours are merged until none are left."""
    ids = {word: at for at, (word, _) in enumerate(words)}
    tokens = [BEGIN]
    for letter in " " + text if text else "":
        data = letter.encode()
        tokens += [ids[data]] if data in ids else [FIRST_BYTE + byte for byte in data]
    while True:
        pairs = [words[one][0] + words[other][0] for one, other in pairwise(tokens)]
        merges = [(-words[ids[pair]][1], at) for at, pair in enumerate(pairs) if pair in ids]
        if not merges:
            return tokens
        _, at = min(merges)
        tokens[at : at + 2] = [ids[pairs[at]]]


def forward(made: Checkpoint, tokens: Sequence[int]) -> Floats:
    """run.c's `forward` over a whole text: the logits after its last token."""
    dim, _, layers, heads, kv_heads, _, _ = made.config
    size, weights = dim // heads, made.weights
    x = weights["token_embd"][list(tokens)]
    for layer in range(layers):
        of = {name: weight[layer] for name, weight in weights.items() if weight.shape[0] == layers}
        h = _normed(x, of["attn_norm"])
        q = _rotated((h @ of["attn_q"].T).reshape(len(x), heads, size))
        k = _rotated((h @ of["attn_k"].T).reshape(len(x), kv_heads, size)).repeat(heads // kv_heads, 1)
        v = (h @ of["attn_v"].T).reshape(len(x), kv_heads, size).repeat(heads // kv_heads, 1)
        scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(size) + np.triu(np.full((len(x), len(x)), -np.inf), 1)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        x = x + np.einsum("hij,jhd->ihd", shares, v).reshape(len(x), dim) @ of["attn_output"].T
        h = _normed(x, of["ffn_norm"])
        gate = h @ of["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ of["ffn_up"].T)) @ of["ffn_down"].T
    logits: Floats = weights["token_embd"] @ _normed(x[-1:], weights["output_norm"])[0]
    return logits


def greedy(made: Checkpoint, prompt: Sequence[int], count: int) -> list[int]:
    """The likeliest tokens after a prompt."""
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(int(forward(made, tokens).argmax()))
    return tokens[len(prompt) :]


def spelled(words: Sequence[tuple[bytes, float]], tokens: Sequence[int]) -> list[bytes]:
    """The bytes of each token."""
    return [bytes([at - FIRST_BYTE]) if FIRST_BYTE <= at < FIRST_BYTE + 256 else words[at][0] for at in tokens]


def chatml(words: Sequence[tuple[bytes, float]], text: str) -> list[int]:
    """The prompt of a user's message to a model that brings no template."""
    return encoded(words, f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n")


def _normed(x: Any, weight: Floats) -> Any:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weight


def _rotated(x: Floats) -> Floats:
    """Neighbours are pairs; run.c computes the angles and skips those of the file."""
    size = x.shape[-1]
    angles = np.outer(np.arange(len(x)), 10000.0 ** (-np.arange(0, size, 2) / size))[:, None, :]
    even, odd, turned = x[..., 0::2], x[..., 1::2], np.empty_like(x)
    turned[..., 0::2] = even * np.cos(angles) - odd * np.sin(angles)
    turned[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return turned
