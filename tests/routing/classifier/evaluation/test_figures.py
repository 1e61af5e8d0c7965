import numpy as np
import pytest

from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.figures import Router, difference, figures, resampled
from routing.classifier.logistic import Vector
from routing.classifier.scores import curve

WEAK = np.array([float(n < 60) for n in range(100)])
STRONG = np.array([float(n % 10 > 0) for n in range(100)])


def bench(weak: Vector = WEAK, strong: Vector = STRONG) -> Benchmark:
    return Benchmark(["x" * (n + 1) for n in range(len(weak))], weak, strong, [""] * len(weak))


def test_the_oracle_s_line_and_a_coin_s() -> None:
    best = figures(Router("oracle", "answers", [STRONG - WEAK]), bench())
    assert best.apgr > 0.9
    assert best.less_length.low > 0 and best.less_length.p < 0.01
    assert (best.ece, best.skill, best.spread, best.less_default) == (None, None, 0.0, None)
    coin = figures(Router("coin", "nothing", [np.random.default_rng(seed).random(100) for seed in range(50)]), bench())
    assert coin.apgr == pytest.approx(0.5, abs=0.05)
    assert coin.spread > 0.02


def test_length_is_no_different_from_length_nor_the_default_from_itself() -> None:
    scores = np.arange(100.0)
    same = figures(Router("length", "nothing", [scores]), bench(), scores)
    for less in (same.less_length, same.less_default):
        assert less is not None and (less.low, less.high, less.p) == (0.0, 0.0, 1.0)
    assert same.error > 0.01


def test_calibration_is_of_the_weak_model_s_answers_and_only_of_outcomes() -> None:
    sure = figures(Router("sure", "answers", [-WEAK], [WEAK]), bench())
    assert (sure.ece, sure.skill) == (0.0, 1.0)
    judged = bench(WEAK * 7.5, np.full(100, 8.0))
    assert figures(Router("sure", "answers", [-WEAK], [WEAK]), judged).ece is None
    never = figures(Router("sure", "answers", [-WEAK], [np.zeros(100)]), bench(np.zeros(100)))
    assert (never.ece, never.skill) == (0.0, None), "no constant can be beaten where nothing varies"


def test_the_weak_model_s_share_at_a_quality_by_hand() -> None:
    """Ten rows, the weak model wrong on the first four, the strong one never: a router that knows sends those first."""
    weak = np.array([0.0] * 4 + [1.0] * 6)
    knows = figures(Router("knows", "all", [-weak]), bench(weak, np.ones(10)))
    assert knows.local95 == pytest.approx(0.65) and knows.local99 == pytest.approx(0.61)
    easy = figures(Router("knows", "all", [-weak]), bench(weak + 9, np.full(10, 10.0)))
    assert easy.local95 == 1.0, "the weak model alone has 95 % of the strong one's quality"


def test_resampled_areas_are_those_of_the_curve_on_the_drawn_rows() -> None:
    scores = np.round(np.random.default_rng(1).random(100), 1)  # with ties
    found = resampled((scores, scores * 3), WEAK, STRONG)
    assert (found[:, 0] == found[:, 1]).all()
    rows = np.random.default_rng(0).integers(0, 100, 100)
    assert found[0, 0] == pytest.approx(curve(scores[rows], WEAK[rows], STRONG[rows]).apgr())
    assert found[:, 0].std() > 0


def test_a_difference_has_two_sides() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.6, 0.01, 500), rng.normal(0.5, 0.01, 500)
    above, below = difference(one, other), difference(other, one)
    assert above.low > 0 > below.high and above.p == below.p < 0.01
    assert difference(one, rng.permutation(one)).p > 0.5


def test_no_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="not better"):
        figures(Router("x", "y", [np.zeros(2)]), bench(np.ones(2), np.array([0.0, 1.0])))
