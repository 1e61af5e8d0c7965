import pytest

from routing.classifier.kinds import WAYS, Kind, written


@pytest.mark.parametrize("kind", WAYS)
def test_prompts_are_the_same_each_time_many_and_without_leftovers(kind: Kind) -> None:
    texts = list(written(kind, "train", 200))
    assert texts == list(written(kind, "train", 200))
    assert len(set(texts)) > 150
    assert not any(mark in text for text in texts for mark in ("[a|", "%%", "\0", "\1", "{noun}", "{a}"))


@pytest.mark.parametrize("kind", WAYS)
def test_what_is_evaluated_was_not_trained(kind: Kind) -> None:
    assert not set(written(kind, "train", 500)) & set(written(kind, "evaluate", 500))
