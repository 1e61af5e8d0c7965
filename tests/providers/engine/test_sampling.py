from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from providers.engine.context import Context
from providers.engine.frames import Options
from providers.engine.llama import Model
from providers.engine.sampling import SEED_BITS, chain_for


class Mouth:
    """A model that can be asked for tokens after a newline; "Hello" is by far its likeliest."""

    def __init__(self, model: Model, context: Context) -> None:
        self.model, self.context = model, context
        (newline,) = model.tokenize("\n", special=False)
        context.clear()
        self.row = context.add((newline,), 0, 0, True)
        assert context.decode()

    def says(self, options: Options, count: int, fresh: int = 1) -> list[bytes]:
        chain = chain_for(options, self.model.size, lambda: fresh)
        tokens = [self.context.sample(chain, self.row) for _ in range(count)]
        chain.close()
        return [self.model.piece(token) for token in tokens]


@pytest.fixture
def mouth(greeting: Path) -> Iterator[Mouth]:
    model = Model(greeting, lambda _share: True)
    context = Context(model, 64, sequences=1, batch=4, threads=1)
    yield Mouth(model, context)
    context.close()
    model.close()


WILD = Options(1, temperature=2.0, top_p=1.0, top_k=0, min_p=0.0)


def test_temperature_zero_is_the_likeliest(mouth: Mouth) -> None:
    assert mouth.says(Options(1, temperature=0), 5) == [b"Hello"] * 5


def test_a_seed_repeats_itself_and_another_differs(mouth: Mouth) -> None:
    hot = Options(1, 2.0, 1.0, 0, 0.0, presence_penalty=2.0, frequency_penalty=2.0, repeat_penalty=10.0, seed=5)
    first = mouth.says(hot, 30)
    assert mouth.says(hot, 30) == first
    other = Options(1, 2.0, 1.0, 0, 0.0, presence_penalty=2.0, frequency_penalty=2.0, repeat_penalty=10.0, seed=6)
    assert mouth.says(other, 30) != first


@pytest.mark.parametrize("seed", [-1, 2**63, SEED_BITS, SEED_BITS + 1])
def test_any_integer_is_a_seed(mouth: Mouth, seed: int) -> None:
    options = Options(1, 1.0, 1.0, 0, 0.0, repeat_penalty=10.0, seed=seed)
    assert mouth.says(options, 20) == mouth.says(options, 20)


def test_without_a_seed_it_is_fresh(mouth: Mouth) -> None:
    hot = Options(1, 2.0, 1.0, 0, 0.0, repeat_penalty=10.0)
    assert mouth.says(hot, 30, fresh=1) != mouth.says(hot, 30, fresh=2)


@pytest.mark.parametrize("cut", [{"top_k": 1}, {"top_p": 0.01}, {"min_p": 1.0}])
def test_each_cut_leaves_only_the_likeliest(mouth: Mouth, cut: dict[str, float]) -> None:
    assert Counter(mouth.says(msgspec.structs.replace(WILD, **cut), 50)) == {b"Hello": 50}


def test_penalties_make_it_say_something_else(mouth: Mouth) -> None:
    repeating = mouth.says(Options(1, temperature=0), 3)
    penalised = mouth.says(Options(1, temperature=0, frequency_penalty=2.0, repeat_penalty=10.0), 40)
    assert set(repeating) == {b"Hello"}
    assert len(set(penalised)) > 1
