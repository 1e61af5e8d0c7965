"""A checkpoint becomes a GGUF: numpy quantisation, the tokenizer and the chat template as they were trained."""

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType
from gguf.quants import quantize
from tokenizers import Tokenizer

from providers.tiny import tokenizer as words
from providers.tiny.model import Shape
from providers.tiny.template import CHAT_TEMPLATE

KINDS = {
    "q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "f16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "f32": (GGMLQuantizationType.F32, LlamaFileType.ALL_F32),
}
NAMES = {
    "attention_norm": "attn_norm",
    "attention.q": "attn_q",
    "attention.k": "attn_k",
    "attention.v": "attn_v",
    "attention.out": "attn_output",
    "ffn_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def tensor_name(name: str) -> str:
    """llama.cpp's name of one of ours; the output layer is left out, which means tied."""
    if name == "embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, block, rest = name.split(".", 2)
    return f"blk.{block}.{NAMES[rest.removesuffix('.weight')]}.weight"


def add_shape(writer: GGUFWriter, shape: Shape) -> None:
    """The sizes of the network."""
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)


def add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer, merges: list[tuple[str, str]]) -> None:
    """Tokens, merges and template; the three control tokens are typed, or llama.cpp would read them as text."""
    size = tokenizer.get_vocab_size()
    tokens = [str(tokenizer.id_to_token(index)) for index in range(size)]
    types = [TokenType.CONTROL if token in words.SPECIALS else TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(words.START)
    writer.add_eos_token_id(words.END)
    writer.add_eot_token_id(words.END)
    writer.add_pad_token_id(words.END_OF_TEXT)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export(checkpoint: dict[str, Any], tokenizer_path: Path, target: Path, kind: str) -> None:
    """Write the GGUF: matrices in `kind`, vectors in f32."""
    tensor_type, file_type = KINDS[kind]
    writer = GGUFWriter(str(target), "llama")
    writer.add_name("Halfpenny tiny demo")
    writer.add_description("A demonstration model of Halfpenny, trained from scratch on generated text")
    writer.add_license("apache-2.0")
    writer.add_file_type(file_type)
    add_shape(writer, Shape(**checkpoint["shape"]))
    add_tokenizer(writer, words.load(tokenizer_path), words.merges(tokenizer_path))
    for name, tensor in checkpoint["model"].items():
        array = tensor.float().numpy()
        wanted = tensor_type if array.ndim > 1 else GGMLQuantizationType.F32
        writer.add_tensor(tensor_name(name), quantize(array, wanted), raw_dtype=wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def record(checkpoint: dict[str, Any], machine: str) -> dict[str, Any]:
    """What the card tells of the training."""
    shards = checkpoint["shards"]
    parameters = sum(tensor.numel() for tensor in checkpoint["model"].values())
    listed = "".join(f"{digest}\n" for digest in shards)
    recipe = {name: checkpoint["recipe"][name] for name in ("seed", "batch_tokens", "shard_size")}
    return recipe | {
        "machine": machine,
        "shape": checkpoint["shape"],
        "tokens": checkpoint["tokens"],
        "parameters": parameters,
        "steps": checkpoint["step"],
        "seconds": round(checkpoint["seconds"]),
        "shards": len(shards),
        "first_shard_sha256": shards[0],
        "corpus_sha256": sha256(listed.encode()).hexdigest(),
    }


def main() -> None:
    """Turn the checkpoint of a training folder into a GGUF and print its sha256."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--machine", default="a CPU", help="what it was trained on, for the card")
    parser.add_argument("--kind", choices=sorted(KINDS), default="q8_0")
    arguments = parser.parse_args()
    checkpoint = torch.load(arguments.folder / "checkpoint.pt", weights_only=True)
    export(checkpoint, arguments.folder / "tokenizer.json", arguments.target, arguments.kind)
    arguments.target.with_name("training.json").write_text(
        json.dumps(record(checkpoint, arguments.machine), indent=1) + "\n"
    )
    log = arguments.target.with_name("training-log.jsonl")
    log.write_bytes((arguments.folder / "training-log.jsonl").read_bytes())
    content = arguments.target.read_bytes()
    print(f"{arguments.target}: {len(content):,} bytes, sha256 {sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
