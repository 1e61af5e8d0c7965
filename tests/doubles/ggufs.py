"""Throw-away GGUF files: models whose answer is known to the byte, and files that must be refused.

A scripted model is a real llama-architecture network whose layers are all zero: what is left is a table from the last
token to the next one. So it says the same words in any batch, and its prompt is still tokenised, decoded and cached.
"""

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END = b"<|im_end|>"
"""In a script: the model ends its answer here."""
HEADS, BLOCKS, FEED = 2, 1, 32
CONTEXT = 512


def byte_letters() -> list[str]:
    """How byte-level BPE writes each byte: GPT-2's table."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte if byte in plain else next(spare)) for byte in range(256)]


def scripted(
    path: Path, script: Sequence[bytes], *, template: str | None = CHATML, context: int = CONTEXT, layers: int = BLOCKS
) -> Path:
    """A model that answers every conversation with these tokens; after the last it begins again at the first."""
    letters = byte_letters()
    tokens = [*SPECIALS, *letters]
    spelled = [part.decode() if part == END else "".join(letters[byte] for byte in part) for part in script]
    tokens += [text for text in spelled if text not in tokens]
    tokens += [f"<unused{number}>" for number in range(-len(tokens) % 32)]
    path_of = [tokens.index(text) for text in spelled]
    follows = {tokens.index(letters[10]): path_of[0]}
    follows |= dict(zip(path_of, [*path_of[1:], path_of[0]], strict=True))
    _write(path, tokens, follows, template, context, layers)
    return path


def embedder(path: Path) -> Path:
    """A file whose metadata says that it pools: an embedding model."""
    writer = _writer(path, ["a", "b"], None, CONTEXT, 32, 1)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    _weights(writer, np.eye(32, dtype=np.float32)[:2], np.eye(32, dtype=np.float32)[:2], 32, 1)
    return _close(writer, path)


def vocabulary(path: Path) -> Path:
    """A file with a vocabulary and no weights."""
    return _close(_writer(path, [*SPECIALS, *byte_letters()], CHATML, CONTEXT, 64, 1), path)


def marked(path: Path, marks: Sequence[str], merges_of: Path) -> Path:
    """A vocabulary with the merges of another file and these marks as control tokens; no weights."""
    fields = gguf.GGUFReader(str(merges_of)).fields
    taken = {*SPECIALS, *marks}
    plain = [text for text in fields["tokenizer.ggml.tokens"].contents() if text not in taken]
    writer = _architecture(path, CONTEXT, 64, 1)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([*sorted(taken), *plain])
    writer.add_token_types([*[gguf.TokenType.CONTROL] * len(taken), *[gguf.TokenType.NORMAL] * len(plain)])
    writer.add_token_merges(fields["tokenizer.ggml.merges"].contents())
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(True)
    return _close(writer, path)


def sentencepiece(path: Path, template: str) -> Path:
    """A model whose tokeniser puts a space before text (SentencePiece), with a begin token and [INST] marks."""
    marks = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
    letters = ["▁", *map(chr, range(33, 127)), "▁h", "▁hi", "hi"]
    tokens = [*marks, *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 4, *[gguf.TokenType.BYTE] * 256]
    writer = _architecture(path, CONTEXT, 32, 1)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([*kinds, *[gguf.TokenType.NORMAL] * len(letters)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_chat_template(template)
    table = np.zeros((len(tokens), 32), dtype=np.float32)
    _weights(writer, table, table, 32, 1)
    return _close(writer, path)


def foreign(path: Path) -> Path:
    """A well-formed file of an architecture that nobody knows."""
    writer = gguf.GGUFWriter(str(path), "abacus")
    writer.add_name("abacus")
    return _close(writer, path)


def _write(
    path: Path, tokens: list[str], follows: dict[int, int], template: str | None, context: int, layers: int
) -> None:
    size = len(tokens)
    embedding = np.eye(size, dtype=np.float32)
    output = np.zeros((size, size), dtype=np.float32)
    for last, following in follows.items():
        output[following, last] = 4.0
    writer = _writer(path, tokens, template, context, size, layers)
    _weights(writer, embedding, output, size, layers)
    _close(writer, path)


def _writer(
    path: Path, tokens: list[str], template: str | None, context: int, width: int, layers: int
) -> gguf.GGUFWriter:
    writer = _architecture(path, context, width, layers)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_token_types([control if token in SPECIALS else normal for token in tokens])
    writer.add_token_merges(["a a"])
    writer.add_eos_token_id(2 if len(tokens) > 2 else 0)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    return writer


def _architecture(path: Path, context: int, width: int, layers: int) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("scripted")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    return writer


def _weights(
    writer: gguf.GGUFWriter,
    embedding: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]",
    output: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]",
    width: int,
    layers: int,
) -> None:
    one = np.ones(width, dtype=np.float32)
    square = np.zeros((width, width), dtype=np.float32)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", one)
    writer.add_tensor("output.weight", output)
    for layer in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", square)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", one)
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.zeros((FEED, width), dtype=np.float32))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", np.zeros((width, FEED), dtype=np.float32))


def _close(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
