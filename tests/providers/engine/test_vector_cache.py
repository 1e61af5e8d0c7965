"""Vectors made before: bounded in bytes and in time, and never another key's, model's or text's."""

import pytest

from providers.engine.inputs import Inputs
from providers.engine.vector_cache import OVERHEAD, Known, LocalCache, Shape, keys

VECTOR = b"\0" * 100
SHAPE = Shape(25, 25)
EACH = OVERHEAD + len(VECTOR)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def known(tokens: int) -> Known:
    return Known(VECTOR, tokens)


async def test_what_was_kept_is_found_in_the_order_of_the_question() -> None:
    cache = LocalCache(10**6, 60, Clock())
    await cache.keep({b"a": known(1), b"b": known(2)}, SHAPE)
    assert await cache.find([b"b", b"x", b"a"], SHAPE) == [known(2), None, known(1)]
    assert (cache.hits, cache.misses, len(cache), cache.bytes) == (2, 1, 2, 2 * EACH)


async def test_the_longest_unused_goes_when_bytes_run_out() -> None:
    cache = LocalCache(2 * EACH, 60, Clock())
    await cache.keep({b"a": known(1)}, SHAPE)
    await cache.keep({b"b": known(2)}, SHAPE)
    await cache.find([b"a"], SHAPE)
    await cache.keep({b"c": known(3)}, SHAPE)
    assert await cache.find([b"a", b"b", b"c"], SHAPE) == [known(1), None, known(3)]
    assert cache.bytes == 2 * EACH


async def test_the_same_again_takes_no_more_room() -> None:
    cache = LocalCache(2 * EACH, 60, Clock())
    for tokens in range(9):
        await cache.keep({b"a": known(tokens)}, SHAPE)
    assert (cache.bytes, await cache.find([b"a"], SHAPE)) == (EACH, [known(8)])


async def test_what_fits_nowhere_is_not_kept() -> None:
    cache = LocalCache(EACH - 1, 60, Clock())
    await cache.keep({b"a": known(1)}, SHAPE)
    assert (len(cache), cache.bytes) == (0, 0)


async def test_nothing_is_kept_beyond_its_time() -> None:
    clock = Clock()
    cache = LocalCache(10**6, 60, clock)
    await cache.keep({b"a": known(1)}, SHAPE)
    clock.now = 59.9
    assert await cache.find([b"a"], SHAPE) == [known(1)]
    clock.now = 60.0
    assert await cache.find([b"a"], SHAPE) == [None]
    assert (len(cache), cache.bytes) == (0, 0)


@pytest.mark.parametrize(
    ("asked", "owner", "model"),
    [
        (Inputs(("hi",)), "you", "m"),
        (Inputs(("hi",)), "", "m"),
        (Inputs(("hi",)), "me", "n"),
        (Inputs(("hi",), (), 3), "me", "m"),
        (Inputs(("hi ",)), "me", "m"),
        (Inputs((), ((1, 2),)), "me", "m"),
        (Inputs(("1,2",)), "me", "m"),
        (Inputs(("hi",)), "me1", ":m"),
        (Inputs(("hi",)), "m", "em"),
    ],
)
def test_another_question_is_another_digest(asked: Inputs, owner: str, model: str) -> None:
    assert keys(Inputs(("hi",)), "me", "m") != keys(asked, owner, model)


def test_digests_are_in_the_order_of_the_inputs() -> None:
    both = keys(Inputs(("a", "é\ud800")), "me", "m")
    assert [*keys(Inputs(("a",)), "me", "m"), *keys(Inputs(("é\ud800",)), "me", "m")] == both
    assert keys(Inputs((), ((1, 23), (12, 3))), "", "")[0] != keys(Inputs((), ((1, 23), (12, 3))), "", "")[1]
