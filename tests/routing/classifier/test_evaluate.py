import numpy as np
import pytest

from routing.classifier.evaluate import Router, beside, figures, resampled
from routing.classifier.rows import Outcome

ROWS = [Outcome("x" * (n + 1), n < 60, n % 10 > 0) for n in range(100)]


def test_the_oracle_s_line_and_a_coin_s() -> None:
    weak, strong = beside(ROWS)
    best = figures(Router("oracle", "answers", [strong - weak]), ROWS)
    assert best.apgr > 0.9
    assert best.low > 0 and (best.ece, best.skill, best.spread) == (None, None, 0.0)
    coin = figures(Router("coin", "nothing", [np.random.default_rng(seed).random(100) for seed in range(50)]), ROWS)
    assert coin.apgr == pytest.approx(0.5, abs=0.05)
    assert coin.spread > 0.02


def test_length_is_no_different_from_length() -> None:
    same = figures(Router("length", "nothing", [np.arange(100.0)]), ROWS)
    assert (same.low, same.high) == (0.0, 0.0)
    assert same.error > 0.01


def test_calibration_is_of_the_weak_model_s_answers_and_only_of_outcomes() -> None:
    weak, _ = beside(ROWS)
    sure = figures(Router("sure", "answers", [-weak], [weak]), ROWS)
    assert (sure.ece, sure.skill) == (0.0, 1.0)
    judged = [Outcome(row.prompt, float(row.weak_correct) * 7.5, 8.0) for row in ROWS]
    assert figures(Router("sure", "answers", [-weak], [weak]), judged).ece is None


def test_resamples_are_the_same_for_all_scores() -> None:
    weak, strong = beside(ROWS)
    found = resampled((np.arange(100.0), np.arange(100.0) * 3), weak, strong)
    assert (found[:, 0] == found[:, 1]).all()
    assert found[:, 0].std() > 0


def test_no_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="not better"):
        figures(Router("x", "y", [np.zeros(2)]), [Outcome("a", 1, 0), Outcome("b", 1, 1)])
