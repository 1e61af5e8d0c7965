"""The corpus: the same bytes for one seed, no held-out prompt in the training text, judges that judge."""

import json
from pathlib import Path
from random import Random

import pytest

from providers.tiny import MODEL_PATH
from providers.tiny.corpus import FAMILIES, Family
from providers.tiny.corpus.mix import digest, earlier_turns, lines, shard
from providers.tiny.corpus.phrase import normalise
from providers.tiny.score import held_out

TRAINING = MODEL_PATH.with_name("training.json")
EACH_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def user_prompts(conversations: list[list[dict[str, str]]]) -> set[str]:
    """What users say in them, up to case and punctuation; only conversations of one exchange are whole prompts."""
    return {normalise(turns[0]["content"]) for turns in conversations if len(turns) == 2}


@pytest.fixture(scope="module")
def trained_on() -> set[str]:
    """The prompts of the first shard."""
    return user_prompts(shard(2026, 0))


def test_a_shard_has_the_bytes_that_the_shipped_model_was_trained_on() -> None:
    record = json.loads(Path(TRAINING).read_text())
    assert digest(record["seed"], 0, record["shard_size"]) == record["first_shard_sha256"]


def test_another_seed_or_shard_is_another_text() -> None:
    texts = {b"".join(lines(shard(seed, index, 50))) for seed, index in ((1, 0), (1, 1), (2, 0))}
    assert len(texts) == 3


def test_every_conversation_ends_with_an_answer_and_alternates() -> None:
    for turns in shard(3, 0, 500):
        roles = [turn["role"] for turn in turns if turn["role"] != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert all(turn["content"] for turn in turns)


@EACH_FAMILY
def test_no_held_out_prompt_is_in_the_training_text(family: Family, trained_on: set[str]) -> None:
    single = [example for example in held_out(family, 40) if len(example.messages) == 1]
    assert not trained_on & {normalise(example.messages[0]["content"]) for example in single}


@EACH_FAMILY
def test_the_two_sides_of_the_split_share_no_conversation(family: Family) -> None:
    rng = Random(family.name)
    sides = [{json.dumps(family.sample(rng, side).messages) for _ in range(60)} for side in (True, False)]
    assert not sides[0] & sides[1]


@EACH_FAMILY
def test_a_judge_takes_the_right_answer_and_no_other(family: Family) -> None:
    rng = Random(family.name)
    for _ in range(20):
        example = family.sample(rng, held_out=False)
        assert example.check(example.answer)
        assert not example.check("")
        assert not example.check("Bananas are berries, but strawberries are not.")
        if family.duty == "answer":
            assert not example.check("I am only a tiny demo model, so I cannot do that well.")
            assert not example.check("I do not know that. I am only a tiny demo model.")


def test_earlier_turns_are_finished_exchanges() -> None:
    rng = Random(5)
    for _ in range(50):
        assert [turn["role"] for turn in earlier_turns(rng)] in ([], ["user", "assistant"], ["user", "assistant"] * 2)
