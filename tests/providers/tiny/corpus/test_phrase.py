"""Alternations and the dress of a prompt."""

from random import Random

from providers.tiny.corpus.phrase import article, dress, expand, normalise, phrase


def test_every_alternative_is_reached_and_nesting_works() -> None:
    rng = Random(1)
    assert {expand(rng, "[a|b [c|d]]x") for _ in range(100)} == {"ax", "b cx", "b dx"}


def test_a_phrase_fills_its_slots_and_begins_with_a_capital() -> None:
    assert phrase(Random(1), ("the {x} of {y}",), x="key", y="all") == "The key of all"


def test_normalise_sees_through_case_punctuation_and_space() -> None:
    assert normalise("  What is  3 + 4?\n") == normalise("what is 3 4")
    assert normalise("?!") == "?!"


def test_the_dress_keeps_the_words_of_the_prompt() -> None:
    rng = Random(2)
    dressed = {dress(rng, "Name the capital of Peru.") for _ in range(300)}
    assert len(dressed) > 50
    assert all("capital of peru" in text.lower() for text in dressed)


def test_the_dress_leaves_case_alone_when_it_carries_meaning() -> None:
    rng = Random(3)
    assert all("Maria and PAUL" in dress(rng, "Copy: Maria and PAUL", keep_case=True) for _ in range(200))


def test_articles() -> None:
    assert [article(noun) for noun in ("cat", "apple", "Owl")] == ["a cat", "an apple", "an Owl"]
