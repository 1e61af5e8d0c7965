import numpy as np
import pytest

from providers.minilm.convert import CONTROL, NORMAL, UNKNOWN, kind, precise, spelling, tensor_name


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("embeddings.word_embeddings.weight", "token_embd.weight"),
        ("embeddings.LayerNorm.bias", "token_embd_norm.bias"),
        ("encoder.layer.5.attention.self.query.weight", "blk.5.attn_q.weight"),
        ("encoder.layer.0.attention.output.LayerNorm.weight", "blk.0.attn_output_norm.weight"),
        ("encoder.layer.0.output.dense.bias", "blk.0.ffn_down.bias"),
        ("embeddings.position_ids", None),
        ("pooler.dense.weight", None),
    ],
)
def test_tensors_get_llama_cpps_names(theirs: str, ours: str | None) -> None:
    assert tensor_name(theirs) == ours


@pytest.mark.parametrize(
    ("token", "spelled", "of_kind"),
    [
        ("hello", "▁hello", NORMAL),
        ("##ing", "ing", NORMAL),
        ("[", "▁[", NORMAL),
        ("[CLS]", "[CLS]", CONTROL),
        ("[unused9]", "[unused9]", CONTROL),
        ("[UNK]", "[UNK]", UNKNOWN),
    ],
)
def test_tokens_get_llama_cpps_spelling(token: str, spelled: str, of_kind: int) -> None:
    assert (spelling(token), kind(token)) == (spelled, of_kind)


def test_matrices_are_halved_and_small_ones_kept_whole() -> None:
    matrix, vector = np.ones((2, 2), np.float32), np.ones(2, np.float32)
    assert precise("blk.0.ffn_up.weight", matrix).dtype == np.float16
    assert precise("position_embd.weight", matrix).dtype == np.float32
    assert precise("blk.0.ffn_up.bias", vector).dtype == np.float32
