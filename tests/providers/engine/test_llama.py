from pathlib import Path

import pytest

from providers.engine.llama import Model, ModelError
from tests.doubles import ggufs


@pytest.fixture
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


def test_a_model_tells_what_it_is(model: Model) -> None:
    assert (model.name(), model.architecture, model.train_context) == ("scripted", "llama", ggufs.CONTEXT)
    assert model.template() == ggufs.CHATML
    assert (model.meta("general.name"), model.meta("nobody.knows")) == ("scripted", None)
    assert set(model.special.values()) == set(ggufs.SPECIALS)


@pytest.mark.parametrize("text", ["", "hello  world", "Ünïcödé €😀 漢字", "a\nb\r\n\tc", "nul\0inside", "don't 1234"])
def test_tokens_and_pieces_are_inverse(model: Model, text: str) -> None:
    assert b"".join(map(model.piece, model.tokenize(text, special=False))).decode() == text


def test_a_control_text_is_a_token_only_when_asked(model: Model) -> None:
    assert len(model.tokenize("<|im_end|>", special=True)) == 1
    assert len(model.tokenize("<|im_end|>", special=False)) == len("<|im_end|>")
    (end,) = model.tokenize("<|im_end|>", special=True)
    assert model.ends(end)
    assert model.piece(end) == b""


def test_files_that_cannot_be_loaded_are_refused_with_the_reason(tmp_path: Path) -> None:
    whole = ggufs.scripted(tmp_path / "whole.gguf", [b"x"]).read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[:5000])
    (tmp_path / "torn.gguf").write_bytes(whole[:-1000])
    (tmp_path / "zeros.gguf").write_bytes(b"GGUF" + bytes(1000))
    reasons = {
        ggufs.vocabulary(tmp_path / "vocabulary.gguf"): "token_embd.weight",
        ggufs.foreign(tmp_path / "foreign.gguf"): "unknown model architecture: 'abacus'",
        tmp_path / "cut.gguf": "remaining file size",
        tmp_path / "torn.gguf": "not within the file bounds",
        tmp_path / "zeros.gguf": "cannot load",
    }
    for path, reason in reasons.items():
        with pytest.raises(ModelError, match=reason):
            Model(path, lambda _share: True)


def test_an_embedding_model_writes_no_text(model: Model, tmp_path: Path) -> None:
    assert model.generates()
    assert not Model(ggufs.embedder(tmp_path / "embedder.gguf"), lambda _share: True).generates()


def test_loading_can_be_given_up(greeting: Path) -> None:
    with pytest.raises(ModelError):
        Model(greeting, lambda _share: False)
