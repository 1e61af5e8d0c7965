"""Texts in pieces: cut where no token changes, on the tokenisers of several families."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.engine import llama
from providers.engine.cutting import Cutter
from providers.engine.llama import LONG, Model
from providers.tiny import MODEL_PATH
from tests.doubles import ggufs
from tests.doubles.vocabularies import unpacked, vocabulary

INST = "{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}"


def test_pieces_begin_with_marks_and_lose_nothing() -> None:
    cutter = Cutter(["<s>", "</s>", "<s"], most=2)
    assert cutter.pieces("a<s>b</s>c<s>d<s>e") == ["a<s>b</s>c", "<s>d<s>e"]
    assert cutter.pieces("<s><s") == ["<s><s"]
    assert cutter.pieces("<s><s<s><s<s>") == ["<s><s", "<s><s", "<s>"]
    assert cutter.pieces("") == [""]
    assert Cutter([]).pieces("a<s>") == ["a<s>"]


def test_no_cut_is_within_white_space() -> None:
    assert Cutter(["\n\n", "x"], most=1).pieces("a\n\n\n\nxb\n\n") == ["a\n\n\n\n", "xb", "\n\n"]


@pytest.mark.parametrize("text", ["<|im_end|>a" * 40_000, "<|" * 200_000, " <|im_end|>" * 40_000])
def test_no_piece_of_a_long_text_has_many_marks(text: str) -> None:
    pieces = Cutter(["<|im_end|>", "<|im_start|>"], most=256).pieces(text)
    assert "".join(pieces) == text
    assert max(piece.count("<|im_end|>") for piece in pieces) <= 256


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    folder = tmp_path_factory.mktemp("vocabularies")
    return {
        "tiny": vocabulary(MODEL_PATH),
        "sentencepiece": vocabulary(ggufs.sentencepiece(folder / "spm.gguf", INST)),
        "phi-3": vocabulary(unpacked("phi-3", folder)),
    }


PIECES = st.sampled_from(
    [
        *("<|im_end|>", "<|im_start|>", "<s>", "</s>", "[INST]", "[/INST]", "<|end|>", "<|user|>", "<|assistant|>"),
        *(" ", "  ", "\n", "\n\n", "a", "hi", "<|", "|>", "<", "s>", "é", "漢", "1"),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["tiny", "sentencepiece", "phi-3"]), st.lists(PIECES, min_size=5, max_size=40), st.booleans())
def test_tokens_are_the_same_in_pieces(
    models: dict[str, Model], monkeypatch: pytest.MonkeyPatch, name: str, parts: list[str], special: bool
) -> None:
    model, text = models[name], "".join(parts * 100)
    pieces = model.tokenize(text + "a" * LONG, special=special)
    with monkeypatch.context() as whole:
        whole.setattr(llama, "LONG", 10**9)
        assert model.tokenize(text + "a" * LONG, special=special) == pieces
