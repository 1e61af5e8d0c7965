"""300 texts of mixed length through llama.cpp, alone and in batches, against transformers on the same weights."""

import random
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from providers.engine.encoder import LoadedEncoder
from providers.engine.encoder_client import Encoder
from providers.engine.frames import Embed, Failed, Vectors
from providers.minilm import MODEL_PATH
from tests.doubles.encoders import known

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="MiniLM is not installed: make minilm")

LAYER = {
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}
OTHER = {
    "token_embd": "embeddings.word_embeddings",
    "position_embd": "embeddings.position_embeddings",
    "token_types": "embeddings.token_type_embeddings",
    "token_embd_norm": "embeddings.LayerNorm",
}


def texts() -> list[str]:
    """300, from one word to 400, in a fixed order of chance."""
    dice = random.Random(7)
    words = " ".join(case.text for case in known()).split()
    lengths = [1, 400, *(dice.choice((2, 5, 9, 20, 40, 120)) for _ in range(298))]
    return [" ".join(dice.choices(words, k=length)) for length in lengths]


def reference() -> Any:
    """Transformers' BERT with the weights of our file."""
    settings = transformers.BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    model = transformers.BertModel(settings, add_pooling_layer=False).eval()
    model.load_state_dict({name(each.name): tensor(each) for each in gguf.GGUFReader(MODEL_PATH).tensors}, strict=False)
    return model


def name(ours: str) -> str:
    """A tensor's name in transformers."""
    stem, kind = ours.rsplit(".", 1)
    if stem in OTHER:
        return f"{OTHER[stem]}.{kind}"
    _, layer, part = stem.split(".")
    return f"encoder.layer.{layer}.{LAYER[part]}.{kind}"


def tensor(ours: Any) -> Any:
    """Its numbers."""
    return torch.from_numpy(np.array(ours.data, dtype=np.float32))


def theirs(model: Any, tokens: list[int]) -> NDArray[np.float32]:
    """The mean of the last states, of length 1."""
    with torch.no_grad():
        mean = model(input_ids=torch.tensor([tokens])).last_hidden_state[0].mean(0)
        return np.asarray(mean / mean.norm())


def ours(loaded: LoadedEncoder[str], *given: str) -> NDArray[np.float32]:
    """Our vectors, a row for each text."""
    asked = loaded.submit("me", Embed(1, "", given))
    assert not isinstance(asked, Failed)
    said = [frame for _ in range(999) if loaded.scheduler.busy for _, frame in loaded.scheduler.step()]
    (vectors,) = said
    assert isinstance(vectors, Vectors), vectors
    return np.array([np.frombuffer(vector, "<f4") for vector in vectors.vectors])


def test_alone_in_batches_and_in_transformers_they_are_the_same(tmp_path: Path) -> None:
    loaded: LoadedEncoder[str] = LoadedEncoder(Encoder(threads=1), lambda _share: True, None)
    given = texts()
    together = ours(loaded, *given)
    model = reference()
    for place in (0, 1, *range(2, 300, 6)):
        tokens = loaded._model.tokenize(given[place], special=False, framed=True)
        assert float(together[place] @ theirs(model, tokens)) >= 0.9999, given[place]
    for place in range(0, 300, 9):
        alone = ours(loaded, given[place])[0]
        assert np.abs(alone - together[place]).max() < 1e-3
    loaded.close()
