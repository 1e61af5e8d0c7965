import pytest

from routing.classifier.placing import declared, place, tier_line
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.signals import shipped

HEADS = shipped()
ROWS = read_rows(MMLU, Outcome)


def test_without_answers_a_model_stands_where_its_tier_does() -> None:
    for tier in ("small", "medium", "strong"):
        line, prior = place(HEADS, [], tier), tier_line(HEADS, tier)
        assert (line.slope, line.shift) == pytest.approx((prior.slope, prior.shift))


def test_a_few_answers_move_it_a_little_and_many_wholly() -> None:
    wrong = [(row.prompt, 0.0) for row in ROWS]
    at = [place(HEADS, wrong[:count], "strong").at(HEADS.small.constant) for count in (0, 5, 50, 500)]
    assert at == sorted(at, reverse=True)
    assert at[0] - at[1] < 0.45 and at[-1] < 0.05


def test_many_answers_of_the_strong_model_give_its_own_line_back() -> None:
    line = place(HEADS, [(row.prompt, float(row.strong_correct)) for row in ROWS], "small")
    mean = sum(float(row.strong_correct) for row in ROWS) / len(ROWS)
    read = [line.at(logit) for logit in _logits()]
    assert sum(read) / len(read) == pytest.approx(mean, abs=0.02)


def _logits() -> list[float]:
    from routing.classifier.features import features
    from routing.classifier.rows import user

    return [HEADS.small.read(features(user(row.prompt)))[0] for row in ROWS]


def test_a_declared_ability_is_what_is_expected_far_from_all_data() -> None:
    for ability in (0.2, 0.6, 0.95):
        assert declared(HEADS, ability).at(HEADS.small.constant) == pytest.approx(ability)
    better, worse = declared(HEADS, 0.9, "small"), declared(HEADS, 0.7, "small")
    assert all(better.at(x) > worse.at(x) for x in (-2.0, 0.0, 2.0))


@pytest.mark.parametrize("ability", [0.0, 1.0, -1.0, 2.0])
def test_an_ability_that_is_no_probability_is_refused(ability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        declared(HEADS, ability)
