import re

from routing.classifier.training.asking import EACH, KINDS, written
from routing.classifier.training.checking import right
from routing.classifier.training.questions import QUESTIONS, questions


def test_the_shipped_prompts_are_what_the_script_writes() -> None:
    assert QUESTIONS.read_bytes() == written()
    asked = questions()
    assert len({one.prompt for one in asked}) == len(asked) == EACH * len(KINDS)


def json_of(pattern: str) -> str:
    """An object that the pattern of a JSON prompt describes."""
    return re.sub(r"\\([{}])", r"\1", pattern.replace(r"\s*", ""))


def test_a_sensible_answer_passes_and_another_one_fails() -> None:
    for one in questions():
        wanted = json_of(str(one.answer)) if one.kind == "json_form" else str(one.answer)
        if one.check != "regex" or one.kind == "json_form":
            assert right(one, f" {wanted}\n"), one.prompt
        assert not right(one, "I cannot help with that, sorry about it."), one.prompt


def test_what_is_asked_for_in_a_form_is_checked_in_that_form() -> None:
    capitals = next(one for one in questions() if "capital letters" in one.prompt)
    count = int(re.findall(r"exactly (\d)", capitals.prompt)[0])
    assert right(capitals, " ".join(["WORD"] * count))
    assert not right(capitals, " ".join(["WORD"] * (count + 1)))
