import pytest

from routing.classifier.heads import Line
from routing.classifier.placing import ability, tier_line
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.classifier.training.placement import line
from routing.classifier.training.questions import SMALL, STRONG, questions
from routing.signals import shipped

HEADS = shipped()
CONSTANT = HEADS.small.constant
SMALL_MODEL = tier_line(HEADS, "small")


def answered(right: float, prior: Line = SMALL_MODEL) -> float:
    """P(good) far from all data of a model that has so many of the shipped prompts right."""
    asked = questions()
    found = line(HEADS, [(one.prompt, float(at < right * len(asked))) for at, one in enumerate(asked)], prior)
    return found.at(CONSTANT)


def test_the_anchors_stand_where_the_reference_models_do_and_all_else_in_order() -> None:
    assert answered(SMALL) == pytest.approx(SMALL_MODEL.at(CONSTANT), abs=0.01)
    assert answered(STRONG) == pytest.approx(HEADS.strong.at(CONSTANT), abs=0.03)
    found = [answered(right) for right in (0.02, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99)]
    assert found == sorted(found)
    assert found[0] < 0.05, "who gets nothing right is sent nothing"
    assert found[-1] < 0.93, "easy prompts do not make a model better than the best"


def test_a_hundred_answers_count_more_than_the_tier() -> None:
    as_small, as_strong = answered(0.6), answered(0.6, tier_line(HEADS, "strong"))
    assert abs(as_small - as_strong) < 0.03
    assert ability(line(HEADS, [], HEADS.strong), CONSTANT) == pytest.approx(ability(HEADS.strong, CONSTANT))


def test_prompts_of_one_s_own_are_as_hard_as_the_scale_reads_them() -> None:
    """The strong model's own MMLU answers, by a file: it stands where it was trained to stand, whatever it was taken
    for."""
    rows = [(row.prompt, float(row.strong_correct)) for row in read_rows(MMLU, Outcome)]
    found = line(HEADS, rows, SMALL_MODEL)
    assert found.at(CONSTANT) == pytest.approx(HEADS.strong.at(CONSTANT), abs=0.03)
