import pytest

from routing.classifier.training.checking import Check, Question, right

CASES: list[tuple[Check, str | int | float, str, bool]] = [
    ("exact", "Paris", " paris.\n", True),
    ("exact", "Paris", "It is Paris", False),
    ("contains", "Paris", "The capital is **Paris**.", True),
    ("contains", "an", "banana", False),
    ("number", 42, "6 times 7 is 42.", True),
    ("number", 42, "42 is 6 times 7", False),
    ("number", "1234.50", "It costs $1,234.5", True),
    ("number", -3, "x = -3", True),
    ("number", 3, "no idea", False),
    ("regex", r"[A-Z]{3}-\d+", "ABC-12", True),
    ("regex", r"[A-Z]{3}-\d+", "It is ABC-12", False),
    ("exact", "4", "<think>5? no, 4</think>\n4", True),
    ("number", 4, "4 <think>so it is 5</think>", True),
]


@pytest.mark.parametrize(("check", "answer", "said", "passes"), CASES)
def test_each_check(check: Check, answer: str | int | float, said: str, passes: bool) -> None:
    assert right(Question("?", answer, check), said) is passes


def test_a_check_that_cannot_work_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        Question("?", "(", "regex")
    with pytest.raises(ValueError, match="`four` is no number"):
        Question("?", "four", "number")
    with pytest.raises(ValueError, match="no answer to check by"):
        right(Question("?"), "x")
