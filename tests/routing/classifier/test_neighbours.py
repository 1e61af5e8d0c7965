import numpy as np
import pytest

from routing.classifier.features import features
from routing.classifier.neighbours import DIMENSIONS, Neighbours, hashed, unit
from routing.classifier.rows import user


def vector(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return hashed(features(user(text)))


def test_it_learns_with_every_row_and_believes_nothing_before() -> None:
    known = Neighbours(100)
    assert known.read(vector("what is a cat")) == (0.5, 0.0)
    for n in range(20):
        known.add(vector(f"what is a cat number {n}"), 1.0)
        known.add(vector(f"prove the theorem about integral {n}"), 0.0)
    assert known.read(vector("what is a cat"))[0] > 0.6 > 0.4 > known.read(vector("prove the theorem"))[0]


def test_far_from_all_rows_it_says_their_mean() -> None:
    known = Neighbours(10)
    known.add(vector("what is a cat"), 1.0)
    known.add(vector("who is the king"), 0.0)
    good, near = known.read(np.zeros(DIMENSIONS, np.float32))
    assert (good, near) == (0.5, 0.0)


def test_the_oldest_makes_room() -> None:
    known = Neighbours(4)
    for worth in (1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0):
        known.add(vector("the same question"), worth)
    assert len(known) == 4
    assert known.read(vector("the same question"))[0] == 0.0


def test_a_vector_has_length_one_and_the_same_words_the_same_one() -> None:
    assert float(vector("a b c") @ vector("A, b; c!")) == pytest.approx(1.0)
    assert abs(float(vector("alpha beta gamma") @ vector("one two three four"))) < 0.5
    assert unit(np.zeros(3, np.float32)).tolist() == [0.0, 0.0, 0.0]
