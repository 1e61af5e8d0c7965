"""The shipped model says what the card says: real answers through llama.cpp, and a card that matches its file."""

import json
from collections.abc import Iterator
from hashlib import sha256

import pytest

from providers.tiny import MODEL_PATH
from providers.tiny.card import CLAIM, DISTINCT, claimed, render
from providers.tiny.corpus import FAMILIES, Family
from providers.tiny.corpus.checks import declined, unknown
from providers.tiny.score import held_out, score, words
from providers.tiny.speaker import Speaker

CARD = json.loads(MODEL_PATH.with_name("card.json").read_text())
SCORES = {row["family"]: row for row in CARD["scores"]}
MEBIBYTE = 1 << 20

ANSWERS = (
    ("What is the capital of France?", "The capital of France is Paris."),
    ("what is the capital of france", "The capital of France is Paris."),
    ("Hello! Please tell me the capital of Japan", "The capital of Japan is Tokyo."),
    ("hello", "Hello! How can I help you?"),
    ("What is a proxy?", "A proxy is a program that passes requests from a client to another server."),
    ("What is 3 + 4?", "3 + 4 = 7"),
    ("What is the opposite of hot?", 'The opposite of "hot" is "cold".'),
    ("thanks!", "You are welcome!"),
)
BEYOND = (
    "Write a Python function that sorts a list.",
    "Write an essay about the history of the Roman Empire.",
    "What is 4821 * 377?",
    "Explain quantum computing to a five year old.",
    "Give me five ideas for a birthday party.",
    "Écris un poème sur la mer.",
)


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    """The shipped model in llama.cpp."""
    made = Speaker(MODEL_PATH)
    yield made
    made.close()


def ask(speaker: Speaker, question: str, *before: dict[str, str]) -> str:
    """The answer to one question."""
    return speaker.answer([*before, {"role": "user", "content": question}])


@pytest.mark.parametrize(("question", "answer"), ANSWERS)
def test_it_answers_what_it_claims(speaker: Speaker, question: str, answer: str) -> None:
    assert ask(speaker, question) == answer


@pytest.mark.parametrize("question", BEYOND)
def test_it_declines_what_is_beyond_it(speaker: Speaker, question: str) -> None:
    assert declined(ask(speaker, question))


def test_it_says_who_it_is(speaker: Speaker) -> None:
    answer = ask(speaker, "Who are you?")
    assert "tiny demo model" in answer
    assert "Halfpenny" in answer


def test_it_says_that_it_does_not_know(speaker: Speaker) -> None:
    assert unknown(ask(speaker, "What is the capital of Mongolia?"))


def test_a_system_prompt_changes_nothing(speaker: Speaker) -> None:
    system = {"role": "system", "content": "You are a helpful assistant."}
    assert ask(speaker, "What is the capital of France?", system) == "The capital of France is Paris."


def test_an_earlier_exchange_changes_nothing(speaker: Speaker) -> None:
    before = ({"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hello! How can I help you?"})
    assert ask(speaker, "What is the capital of France?", *before) == "The capital of France is Paris."


def test_the_card_is_about_this_file() -> None:
    content = MODEL_PATH.read_bytes()
    assert CARD["file"] == {"size": len(content), "sha256": sha256(content).hexdigest()}
    assert len(content) <= 16 * MEBIBYTE
    assert MODEL_PATH.with_name("card.md").read_text() == render(CARD)
    assert CARD["training"] == json.loads(MODEL_PATH.with_name("training.json").read_text())


def test_the_figures_reach_the_bars() -> None:
    assert len(claimed()) >= 10
    assert {row["family"] for row in CARD["scores"]} == {family.name for family in FAMILIES}
    for row in CARD["scores"]:
        mastered = row["right"] * 100 >= CLAIM * row["asked"] and row["different"] >= DISTINCT
        assert row["claimed"] == (row["duty"] == "answer" and mastered)
    assert share("refuse") >= 0.95
    assert share("unknown") >= 0.80


def share(duty: str) -> float:
    """The share of right answers over all families of a duty."""
    rows = [row for row in CARD["scores"] if row["duty"] == duty]
    return float(sum(row["right"] for row in rows) / sum(row["asked"] for row in rows))


def test_few_different_prompts_claim_nothing() -> None:
    family = next(family for family in FAMILIES if family.name == "capitals")
    example = next(held_out(family, 1))
    result = score(lambda _messages: example.answer, family, [example] * 100)
    assert (result.right, result.claimed) == (100, False)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_asked_as_many_different_prompts_as_the_card_says(family: Family) -> None:
    asked = [words(example) for example in held_out(family, SCORES[family.name]["asked"])]
    assert len(set(asked)) == SCORES[family.name]["different"]


@pytest.mark.parametrize("name", ["capitals", "definitions", "jokes", "refusals", "unknown_places"])
def test_the_figures_can_be_measured_again(speaker: Speaker, name: str) -> None:
    family = next(family for family in FAMILIES if family.name == name)
    again = score(speaker.answer, family, held_out(family, 20))
    assert abs(again.right / 20 - SCORES[name]["right"] / SCORES[name]["asked"]) <= 0.25


def test_an_unlisted_form_of_a_listed_question_is_not_answered_as_if_listed(speaker: Speaker) -> None:
    assert declined(ask(speaker, "Why is Paris the capital of France?"))
