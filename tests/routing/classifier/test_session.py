from providers.words import Message
from routing.classifier.features import features
from routing.classifier.session import difficulty, earlier
from routing.signals import shipped

HEAD = shipped().small
HARD = "Find the order of the factor group (Z_11 x Z_15)/(<1, 1>)"
EASY = "Which animal is a mammal, and what does the heart pump?"


def talk(*turns: str) -> list[Message]:
    return [Message(("user", "assistant")[place % 2], text) for place, text in enumerate(turns)]


def hard(*turns: str) -> float:
    """0: easiest."""
    messages = talk(*turns)
    return -difficulty(HEAD, features(messages), messages)[0]


def test_going_on_with_something_hard_is_as_hard() -> None:
    for said in ("ok, continue", "yes", "go on please", "why?", "继续", "👍"):
        assert hard(HARD, "The order is 15.", said) >= hard(HARD), said


def test_an_easy_turn_after_a_hard_one_stays_hard_for_a_while_only() -> None:
    assert hard(HARD, "15.", EASY) >= hard(HARD)
    later = [word for _ in range(9) for word in (EASY, "Blood.")]
    assert hard(HARD, "15.", *later, EASY) < hard(HARD)


def test_a_hard_turn_after_easy_ones_is_hard() -> None:
    assert hard(EASY, "Blood.", HARD) >= hard(HARD)


def test_many_ok_s_do_not_push_the_question_out_of_sight() -> None:
    oks = ["ok", "Next part."] * 7
    assert hard(HARD, "First part.", *oks, "ok, continue") >= hard(HARD)


def test_a_longer_conversation_is_harder_than_a_short_one() -> None:
    assert hard(EASY, "Blood. " * 5_000, EASY) > hard(EASY, "Blood.", EASY)


def test_a_single_question_is_what_the_head_says() -> None:
    assert hard(EASY) == -HEAD.read(features(talk(EASY)))[0]
    assert earlier(talk(EASY)) == earlier([]) == []


def test_only_a_bounded_number_of_turns_is_read() -> None:
    messages = talk(*[f"This is question number {n} of many, about cats." for n in range(1_001)])
    assert len(earlier(messages)) == 2
