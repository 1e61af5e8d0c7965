from random import Random

import numpy as np
import pytest

from routing.classifier.features import features
from routing.classifier.flips import CHANGES, SUFFIXES, flipped, pulled, threshold
from routing.classifier.heads import probability
from routing.classifier.rows import MMLU, Outcome, read_rows, user
from routing.signals import shipped
from routing.strong_share import StrongShare

HEADS = shipped()
PROMPTS = [row.prompt for row in read_rows(MMLU, Outcome)[::8]]


def gain(prompt: str) -> float:
    logit, _ = HEADS.small.read(features(user(prompt)))
    return HEADS.strong.at(logit) - probability(logit)


@pytest.mark.parametrize(
    ("name", "most"), [("typos, 2 % of letters", 0.35), ("all capitals", 0.25), ("no capitals", 0.25)]
)
def test_dress_moves_few_choices(name: str, most: float) -> None:
    assert flipped(gain, PROMPTS, CHANGES[name]) < most


def test_a_router_of_words_alone_does_not_flip_with_case_and_one_of_case_does() -> None:
    def loud(text: str) -> float:
        return sum(map(str.isupper, text)) / len(text)

    assert flipped(lambda text: len(text.split()), PROMPTS, CHANGES["all capitals"]) == 0.0
    assert flipped(loud, PROMPTS, CHANGES["all capitals"]) > 0.3


def test_every_change_keeps_something_and_typos_are_few() -> None:
    for change in CHANGES.values():
        assert change("What is the capital of France?", Random(0))
    text = "the quick brown fox jumps over the lazy dog " * 50
    assert 0 < abs(len(CHANGES["typos, 2 % of letters"](text, Random(1))) - len(text)) < 60


def test_what_a_suffix_forces_is_bounded_by_the_cap() -> None:
    assert set(pulled(gain, PROMPTS[:50])) == set(SUFFIXES)
    cap, went = StrongShare(0.3), 0
    for _ in range(2_000):
        went += cap.allows("hijacker", True)
    assert went <= 0.3 * 2_000 + 20


def test_the_threshold_leaves_that_share_above() -> None:
    assert (np.arange(100.0) > threshold(np.arange(100.0), 0.2)).mean() == 0.2
