from pathlib import Path

import pytest

from providers.engine.llama import Chain, EngineFailure, Model, ModelError
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


def test_it_decodes_and_samples(model: Model) -> None:
    context = model.context(64, sequences=2, batch=16, threads=1)
    (newline,) = model.tokenize("\n", special=False)
    context.clear()
    row = context.add(newline, 0, 1, True)
    assert context.decode()
    chain = Chain()
    chain.greedy()
    assert model.piece(context.sample(chain, row)) == b"Hello"
    chain.close()
    context.close()


def test_a_full_cache_changes_nothing_and_room_can_be_made(model: Model) -> None:
    context = model.context(256, sequences=2, batch=128, threads=1)
    for sequence in (0, 1):
        context.clear()
        for position in range(128):
            context.add(5, position, sequence, False)
        assert context.decode()
    context.clear()
    context.add(5, 128, 0, True)
    assert not context.decode()
    assert context.forget(1)
    assert context.decode()
    context.close()


@pytest.mark.parametrize(
    ("token", "position", "sequence"), [(-1, 0, 0), (10**6, 0, 0), (1, -1, 0), (1, 0, 2), (1, 0, -1)]
)
def test_what_would_abort_the_process_is_refused_before(model: Model, token: int, position: int, sequence: int) -> None:
    context = model.context(64, sequences=2, batch=4, threads=1)
    with pytest.raises(EngineFailure):
        context.add(token, position, sequence, True)
    context.close()


def test_a_batch_does_not_overflow(model: Model) -> None:
    context = model.context(64, sequences=1, batch=2, threads=1)
    context.add(1, 0, 0, False)
    context.add(1, 1, 0, False)
    assert context.room() == 0
    with pytest.raises(EngineFailure):
        context.add(1, 2, 0, False)
    context.clear()
    context.add(1, 0, 0, True)
    with pytest.raises(EngineFailure):
        context.add(1, 1, 0, True)
    context.close()


@pytest.mark.parametrize(("tokens", "sequences", "batch"), [(64, 0, 4), (64, 10**4, 4), (4, 1, 8), (64, 1, 0)])
def test_an_impossible_context_is_refused(model: Model, tokens: int, sequences: int, batch: int) -> None:
    with pytest.raises(ModelError):
        model.context(tokens, sequences, batch, threads=1)


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
