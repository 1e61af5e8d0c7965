from providers.words import Message
from routing.classifier.features import Features, features
from routing.classifier.topics import best, topics

KNOWN = topics({"code": "python function error", "cooking": "a recipe for dinner, oven, bake"})


def read(text: str) -> Features:
    return features((Message("user", text),))


def test_shared_words_decide() -> None:
    assert KNOWN.nearest(read("my python function raises an error")) == "code"
    assert KNOWN.nearest(read("how long to bake bread in the oven")) == "cooking"


def test_small_words_are_no_topic() -> None:
    assert KNOWN.nearest(read("what is this for")) is None


def test_a_hint_decides_between_near_ones_but_not_against_the_words() -> None:
    assert KNOWN.nearest(read("python oven"), "cooking") == "cooking"
    assert KNOWN.nearest(read("python oven"), "code") == "code"
    assert KNOWN.nearest(read("my python function error"), "cooking") == "code"


def test_without_topics_there_is_none() -> None:
    assert topics({}).nearest(read("anything"), "hint") is None


def test_by_vectors_the_nearest_counts_and_a_hint_only_between_near_ones() -> None:
    near = {"code": 0.35, "cooking": 0.3, "travel": -0.1}
    assert (best(near), best(near, "cooking"), best(near, "travel")) == ("code", "cooking", "code")
    far = {"code": 0.1, "cooking": 0.05}
    assert (best(far), best(far, "cooking"), best(far, "unheard of")) == (None, "cooking", None)
