import math

import pytest

from routing.classifier.features import features
from routing.classifier.placing import ability, declared, place, read, tier_line
from routing.classifier.rows import MMLU, Outcome, read_rows, user
from routing.signals import shipped

HEADS = shipped()
CONSTANT = HEADS.small.constant
ROWS = read_rows(MMLU, Outcome)
LOGITS = [HEADS.small.read(features(user(row.prompt)))[0] for row in ROWS]


def test_without_answers_a_model_stands_where_its_tier_does() -> None:
    for tier in ("small", "medium", "strong"):
        prior = tier_line(HEADS, tier)
        line = place([], prior, CONSTANT)
        assert (line.slope, line.shift) == pytest.approx((prior.slope, prior.shift))


def test_a_few_answers_move_it_a_little_and_many_wholly() -> None:
    wrong = [read(logit, 0.0, CONSTANT) for logit in LOGITS]
    at = [place(wrong[:count], HEADS.strong, CONSTANT).at(CONSTANT) for count in (0, 5, 50, 500)]
    assert at == sorted(at, reverse=True)
    assert at[0] - at[1] < 0.45 and at[-1] < 0.05


def test_many_answers_of_the_strong_model_give_its_own_share_back() -> None:
    answers = [read(logit, float(row.strong_correct), CONSTANT) for logit, row in zip(LOGITS, ROWS, strict=True)]
    line = place(answers, tier_line(HEADS, "small"), CONSTANT)
    share = sum(float(row.strong_correct) for row in ROWS) / len(ROWS)
    assert sum(line.at(logit) for logit in LOGITS) / len(LOGITS) == pytest.approx(share, abs=0.02)


def test_a_model_that_does_not_follow_the_scale_is_taken_for_a_constant() -> None:
    against = [read(logit, float(at % 2), CONSTANT) for at, logit in enumerate(sorted(LOGITS))]
    line = place(against, tier_line(HEADS, "small"), CONSTANT)
    assert line.slope < 0.15
    assert line.at(max(LOGITS)) - line.at(min(LOGITS)) < 0.15


def test_a_declared_quality_is_what_is_expected_far_from_all_data() -> None:
    for quality in (0.2, 0.6, 0.95):
        line = declared(HEADS, quality)
        assert line.at(CONSTANT) == pytest.approx(quality)
        assert ability(line, CONSTANT) == pytest.approx(math.log(quality / (1 - quality)) - CONSTANT)
    better, worse = declared(HEADS, 0.9, "small"), declared(HEADS, 0.7, "small")
    assert all(better.at(x) > worse.at(x) for x in (-2.0, 0.0, 2.0))


@pytest.mark.parametrize("quality", [0.0, 1.0, -1.0, 2.0])
def test_a_quality_that_is_no_probability_is_refused(quality: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        declared(HEADS, quality)
