"""llama.cpp makes vectors: the right ones, in any batch, and never out of what does not fit."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.engine.llama import EngineFailure, Model, ModelError
from providers.engine.pooled import Pooled
from tests.doubles import ggufs


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    """Two tokens, whose vectors are the first two axes; a text's is their mean."""
    made = Model(ggufs.embedder(tmp_path / "axes.gguf"), lambda _share: True)
    yield made
    made.close()


@pytest.fixture
def pooled(model: Model) -> Iterator[Pooled]:
    made = Pooled(model, tokens=8, sequences=3, threads=1)
    yield made
    made.close()


def axes(vector: bytes) -> list[float]:
    return [round(number, 4) for number in array("f", vector)[:2]]


def test_each_text_has_its_own_vector_of_length_one(pooled: Pooled) -> None:
    assert pooled.width == 32
    assert [axes(vector) for vector in pooled.vectors([[0], [1], [0, 1]])] == [[1, 0], [0, 1], [0.7071, 0.7071]]


def test_nothing_is_left_of_the_batch_before(pooled: Pooled) -> None:
    pooled.vectors([[1, 1, 1], [1], [1]])
    assert [axes(vector) for vector in pooled.vectors([[0], [0, 0, 0, 1]])] == [[1, 0], [0.9487, 0.3162]]


@pytest.mark.parametrize("texts", [[[0]] * 4, [[0] * 9], [[0] * 5, [0] * 4], [[]], [[2]], [[-1]]])
def test_what_would_abort_the_process_is_refused_before(pooled: Pooled, texts: list[list[int]]) -> None:
    with pytest.raises(EngineFailure):
        pooled.vectors(texts)


def test_a_model_that_writes_text_makes_no_vectors(greeting: Path) -> None:
    model = Model(greeting, lambda _share: True)
    with pytest.raises(ModelError, match="not an embedding model"):
        Pooled(model, tokens=8, sequences=1, threads=1)
    model.close()
