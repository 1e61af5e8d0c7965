"""A decoder that embeds (Qwen3-Embedding's shape, pooled at its last token), against transformers."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from providers.engine.encoder import LoadedEncoder
from providers.engine.encoder_client import Encoder
from providers.engine.frames import Embed, Failed, Vectors
from tests.doubles.ggufs import byte_letters

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

TOKENS = ["<|endoftext|>", *byte_letters(), *(f"<unused{number}>" for number in range(31))]
LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def reference() -> Any:
    """Three layers of chance."""
    torch.manual_seed(1)
    settings = transformers.Qwen3Config(
        vocab_size=len(TOKENS),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=512,
    )
    return transformers.Qwen3Model(settings).eval()


def written(model: Any, path: Path) -> Path:
    """The same as a GGUF file."""
    writer = gguf.GGUFWriter(str(path), "qwen3")
    facts: list[tuple[Callable[[Any], None], Any]] = [
        (writer.add_context_length, 512),
        (writer.add_embedding_length, 64),
        (writer.add_block_count, 3),
        (writer.add_feed_forward_length, 128),
        (writer.add_head_count, 4),
        (writer.add_head_count_kv, 2),
        (writer.add_key_length, 32),
        (writer.add_value_length, 32),
        (writer.add_layer_norm_rms_eps, model.config.rms_norm_eps),
        (writer.add_rope_freq_base, model.config.rope_parameters["rope_theta"]),
        (writer.add_pooling_type, gguf.PoolingType.LAST),
        (writer.add_tokenizer_model, "gpt2"),
        (writer.add_tokenizer_pre, "qwen2"),
        (writer.add_token_list, TOKENS),
        (writer.add_token_types, [3, *[1] * (len(TOKENS) - 1)]),
        (writer.add_token_merges, ["a a"]),
        (writer.add_eos_token_id, 0),
        (writer.add_add_eos_token, True),
    ]
    for add, value in facts:
        add(value)
    for name, weights in model.state_dict().items():
        writer.add_tensor(f"{ours(name.removesuffix('.weight'))}.weight", weights.numpy().astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def ours(name: str) -> str:
    """A tensor's name in GGUF."""
    if name in ("embed_tokens", "norm"):
        return {"embed_tokens": "token_embd", "norm": "output_norm"}[name]
    _, layer, rest = name.split(".", 2)
    return f"blk.{layer}.{LAYER[rest]}"


def test_its_vectors_in_batches_are_those_of_transformers(tmp_path: Path) -> None:
    model = reference()
    loaded: LoadedEncoder[str] = LoadedEncoder(
        Encoder(model=str(written(model, tmp_path / "q.gguf")), threads=1), lambda _share: True, None
    )
    dice = random.Random(3)
    texts = tuple("".join(dice.choices("abcdefg hij", k=dice.randint(1, 120))) for _ in range(40))
    asked = loaded.submit("me", Embed(1, "", texts))
    assert not isinstance(asked, Failed)
    ((_, said),) = [each for _ in range(99) if loaded.scheduler.busy for each in loaded.scheduler.step()]
    assert isinstance(said, Vectors)
    for text, vector in zip(texts, said.vectors, strict=True):
        tokens = loaded._model.tokenize(text, special=False, framed=True)
        assert tokens[-1] == 0
        with torch.no_grad():
            last = model(input_ids=torch.tensor([tokens])).last_hidden_state[0, -1]
        assert float(np.asarray(last / last.norm()) @ np.frombuffer(vector, "<f4")) >= 0.9999, text
    loaded.close()
