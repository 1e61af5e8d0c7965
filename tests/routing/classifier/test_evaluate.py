import pytest

from routing.classifier.evaluate import baselines, cross_validated, gain, shipped_scores
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.signals import shipped


def test_the_baselines_of_the_mmlu_rows() -> None:
    random, length, oracle = baselines(read_rows(MMLU, Outcome))
    assert random.apgr == pytest.approx(0.5, abs=0.01)
    assert 0.01 < random.spread < 0.05
    assert 0.55 < length.apgr < 0.65
    assert oracle.apgr > 1.2


def test_out_of_fold_the_scale_routes_better_than_chance_by_more_than_noise() -> None:
    scale = cross_validated(read_rows(MMLU, Outcome), 1)
    assert 0.57 < scale.apgr < 0.70
    assert scale.cpt50 < 0.40


def test_the_shipped_scale_scores_any_file() -> None:
    rows = [Outcome("What is 2?", True, True), Outcome("Prove that the index of <p> in S_5 is 24.", 0, 1)]
    assert shipped_scores(rows, shipped()).apgr in (0.25, 0.75)


def test_the_gain_is_a_probability_s_difference() -> None:
    assert -1 < gain(shipped(), "Find the order of the factor group.") < 1
