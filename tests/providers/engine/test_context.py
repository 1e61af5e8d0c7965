"""The batch and the cache, with real llama.cpp under them."""

from pathlib import Path

import pytest

from providers.engine.chain import Chain
from providers.engine.context import Context
from providers.engine.llama import EngineFailure, Model, ModelError


@pytest.fixture
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


def test_it_decodes_and_samples(model: Model) -> None:
    context = Context(model, 64, sequences=2, batch=16, threads=1)
    (newline,) = model.tokenize("\n", special=False)
    context.clear()
    row = context.add((newline,), 0, 1, True)
    assert context.decode()
    chain = Chain()
    chain.greedy()
    assert model.piece(context.sample(chain, row)) == b"Hello"
    chain.close()
    context.close()


def test_a_full_cache_changes_nothing_and_room_can_be_made(model: Model) -> None:
    context = Context(model, 256, sequences=2, batch=128, threads=1)
    for sequence in (0, 1):
        context.clear()
        for position in range(128):
            context.add((5,), position, sequence, False)
        assert context.decode()
    context.clear()
    context.add((5,), 128, 0, True)
    assert not context.decode()
    assert context.forget(1)
    assert context.decode()
    context.close()


@pytest.mark.parametrize(
    ("token", "position", "sequence"), [(-1, 0, 0), (10**6, 0, 0), (1, -1, 0), (1, 0, 2), (1, 0, -1)]
)
def test_what_would_abort_the_process_is_refused_before(model: Model, token: int, position: int, sequence: int) -> None:
    context = Context(model, 64, sequences=2, batch=4, threads=1)
    with pytest.raises(EngineFailure):
        context.add((token,), position, sequence, True)
    context.close()


def test_a_batch_does_not_overflow(model: Model) -> None:
    context = Context(model, 64, sequences=1, batch=2, threads=1)
    context.add((1,), 0, 0, False)
    context.add((1,), 1, 0, False)
    assert context.room() == 0
    with pytest.raises(EngineFailure):
        context.add((1,), 2, 0, False)
    context.clear()
    context.add((1,), 0, 0, True)
    with pytest.raises(EngineFailure):
        context.add((1,), 1, 0, True)
    context.close()


@pytest.mark.parametrize(("tokens", "sequences", "batch"), [(64, 0, 4), (64, 10**4, 4), (4, 1, 8), (64, 1, 0)])
def test_an_impossible_context_is_refused(model: Model, tokens: int, sequences: int, batch: int) -> None:
    with pytest.raises(ModelError):
        Context(model, tokens, sequences, batch, threads=1)
