import math

import numpy as np
import pytest

from routing.classifier.scores import brier_skill, calibration_error, curve

WEAK = np.array([0.0, 0.0, 1.0, 1.0])
STRONG = np.array([1.0, 1.0, 1.0, 1.0])


def test_the_oracle_of_four_prompts_by_hand() -> None:
    best = curve(np.array([4.0, 3.0, 2.0, 1.0]), WEAK, STRONG)
    assert best.recovered.tolist() == [0.0, 0.5, 1.0, 1.0, 1.0]
    assert best.apgr() == pytest.approx(0.75)
    assert best.calls_for(0.5) == pytest.approx(0.25)
    assert best.calls_for(0.8) == pytest.approx(0.4)
    assert best.recovered_at(0.125) == pytest.approx(0.25)


def test_the_worst_order_recovers_last() -> None:
    assert curve(np.array([1.0, 2.0, 3.0, 4.0]), WEAK, STRONG).apgr() == pytest.approx(0.25)


def test_equal_scores_are_random_in_any_order_of_the_file() -> None:
    assert curve(np.zeros(4), WEAK, STRONG).apgr() == pytest.approx(0.5)
    assert curve(np.zeros(4), WEAK[::-1], STRONG).calls_for(0.5) == pytest.approx(0.5)


def test_the_first_crossing_counts_when_the_curve_falls_again() -> None:
    weak, strong = np.array([0.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    assert curve(np.array([4.0, 3.0, 2.0, 1.0]), weak, strong).calls_for(0.8) == pytest.approx(0.2)


def test_a_judge_s_scores_are_as_good_as_checks() -> None:
    assert curve(np.array([2.0, 1.0]), np.array([3.0, 8.0]), np.array([9.0, 8.5])).recovered[1] == pytest.approx(
        6 / 6.5
    )


def test_no_gap_is_refused_and_an_unreached_part_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="not better"):
        curve(np.zeros(2), np.ones(2), np.ones(2))
    assert math.isnan(curve(np.zeros(4), WEAK, STRONG).calls_for(1.5))


def test_calibration_error_by_hand() -> None:
    good = np.array([1.0, 1.0, 0.0, 0.0])
    assert calibration_error(np.full(4, 0.5), good) == pytest.approx(0.0)
    assert calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), good) == pytest.approx(0.1)
    assert calibration_error(np.array([1.0, 1.0, 1.0, 1.0]), good) == pytest.approx(0.5)


def test_brier_skill_of_the_constant_is_none_and_of_the_truth_all() -> None:
    good = np.array([1.0, 0.0, 0.0, 0.0])
    assert brier_skill(np.full(4, 0.25), good) == pytest.approx(0.0)
    assert brier_skill(good, good) == pytest.approx(1.0)
