"""MiniLM in llama.cpp: its vectors are the reference's, its counts exact; and files that are no embedding model."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from providers.engine import encoder
from providers.engine.encoder import LoadedEncoder
from providers.engine.encoder_client import Encoder
from providers.engine.fitting import DoesNotFit
from providers.engine.frames import Embed, Failed, Options, Start, Turn, Vectors
from providers.engine.llama import ModelError
from providers.minilm import MODEL_PATH
from tests.doubles import ggufs
from tests.doubles.encoders import known, likeness, numbers

needs_minilm = pytest.mark.skipif(not MODEL_PATH.exists(), reason="MiniLM is not installed: make minilm")


def ignore(_share: float) -> bool:
    return True


@pytest.fixture(scope="module")
def minilm() -> LoadedEncoder[str]:
    return LoadedEncoder(Encoder(threads=1), ignore, None)


def vectors(loaded: LoadedEncoder[str], *texts: str) -> Vectors | Failed:
    asked = loaded.submit("me", Embed(1, "", texts))
    assert not isinstance(asked, Failed)
    said = [frame for _ in range(99) if loaded.scheduler.busy for _, frame in loaded.scheduler.step()]
    assert len(said) == 1
    return said[0]


@needs_minilm
def test_it_tells_what_it_is(minilm: LoadedEncoder[str]) -> None:
    ready = minilm.ready
    assert (ready.name, ready.architecture, ready.context, ready.width) == ("all-MiniLM-L6-v2", "bert", 512, 384)


@needs_minilm
@pytest.mark.parametrize("together", [True, False])
def test_the_vectors_are_the_references(minilm: LoadedEncoder[str], together: bool) -> None:
    cases = known()
    groups = [cases] if together else [[case] for case in cases]
    for group in groups:
        said = vectors(minilm, *(case.text for case in group))
        assert isinstance(said, Vectors)
        assert said.tokens == tuple(case.tokens for case in group)
        for case, vector in zip(group, map(numbers, said.vectors), strict=True):
            assert likeness(vector, case.vector) > 0.9999, case.text
            assert sum(number * number for number in vector) == pytest.approx(1, abs=1e-5)


@needs_minilm
def test_a_mark_in_a_text_is_text(minilm: LoadedEncoder[str]) -> None:
    said = vectors(minilm, "[SEP]")
    assert isinstance(said, Vectors)
    assert said.tokens == (len(["[CLS]", "[", "sep", "]", "[SEP]"]),)


@needs_minilm
def test_512_tokens_are_read_and_513_refused(minilm: LoadedEncoder[str]) -> None:
    said = vectors(minilm, "hello " * 510)
    assert isinstance(said, Vectors) and said.tokens == (512,)
    refused = vectors(minilm, "hello " * 511)
    assert isinstance(refused, Failed) and (refused.code, refused.param) == ("context_length_exceeded", "input")


@needs_minilm
def test_a_cut_text_is_its_beginning_with_the_mark_at_its_end() -> None:
    cutting: LoadedEncoder[str] = LoadedEncoder(Encoder(threads=1, too_long="truncate"), ignore, None)
    cut, whole = vectors(cutting, "hello " * 900 + "bye"), vectors(cutting, "hello " * 510)
    assert isinstance(cut, Vectors) and isinstance(whole, Vectors)
    assert (cut.vectors, cut.tokens) == (whole.vectors, (512,))
    cutting.close()


def test_token_arrays_without_a_vocabulary_are_refused_with_the_way_out(tmp_path: Path) -> None:
    loaded: LoadedEncoder[str] = LoadedEncoder(Encoder(model=str(ggufs.embedder(tmp_path / "e.gguf"))), ignore, None)
    refused = loaded.submit("me", Embed(1, "", (), ((1, 2), (3,))))
    assert isinstance(refused, Failed) and (refused.status, refused.param) == (400, "input")
    assert "check_embedding_ctx_length=False" in refused.message
    loaded.close()


@pytest.mark.parametrize(("pooling", "vector"), [("mean", [0.7071, 0.7071]), ("cls", [1, 0]), ("last", [0, 1])])
def test_pooling_is_the_files_or_as_configured(
    tmp_path: Path, pooling: Literal["mean", "cls", "last"], vector: list[float]
) -> None:
    settings = Encoder(model=str(ggufs.embedder(tmp_path / "e.gguf")), pooling=pooling)
    loaded: LoadedEncoder[str] = LoadedEncoder(settings, ignore, None)
    said = vectors(loaded, "ab")
    assert isinstance(said, Vectors)
    assert numbers(said.vectors[0])[:2] == pytest.approx(vector, abs=1e-4)
    loaded.close()


def test_another_file_or_pooling_is_another_identity(tmp_path: Path) -> None:
    def made(settings: Encoder) -> str:
        loaded: LoadedEncoder[str] = LoadedEncoder(settings, ignore, None)
        loaded.close()
        return loaded.ready.identity

    one, copy, other = (str(ggufs.embedder(tmp_path / f"{name}.gguf")) for name in ("one", "copy", "other"))
    with Path(other).open("r+b") as file:
        file.seek(-8, 2)
        file.write(b"\1")
    assert made(Encoder(model=one)) == made(Encoder(model=copy, batch=4))
    assert len({made(Encoder(model=one)), made(Encoder(model=other)), made(Encoder(model=one, pooling="cls"))}) == 3


def test_a_conversation_is_refused(tmp_path: Path) -> None:
    loaded: LoadedEncoder[str] = LoadedEncoder(Encoder(model=str(ggufs.embedder(tmp_path / "e.gguf"))), ignore, None)
    refused = loaded.submit("me", Start(1, "", (Turn("user", "hi"),), Options(5)))
    assert isinstance(refused, Failed) and (refused.status, refused.code) == (400, "unsupported_feature")
    loaded.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: ggufs.scripted(path, [b"x"]), "not an embedding model"),
        (ggufs.foreign, "unknown model architecture"),
        (lambda path: path.write_bytes(b"MZ" * 99), "not a GGUF file"),
        (lambda path: None, "cannot be read"),
    ],
)
def test_what_is_no_embedding_model_is_refused(tmp_path: Path, make: Callable[[Path], object], reason: str) -> None:
    make(tmp_path / "m.gguf")
    with pytest.raises(ModelError, match=reason):
        LoadedEncoder(Encoder(model=str(tmp_path / "m.gguf")), ignore, None)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DoesNotFit, match="are free"):
        LoadedEncoder(Encoder(model=str(ggufs.embedder(tmp_path / "e.gguf"))), ignore, 1 << 20)


def test_without_minilm_the_reason_names_the_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(encoder, "model_path", lambda _settings: tmp_path / "nothing.gguf")
    with pytest.raises(ModelError, match="make minilm"):
        LoadedEncoder(Encoder(), ignore, None)
