import numpy as np
import pytest

from routing.classifier import contenders
from routing.classifier.contenders import Sourced
from routing.classifier.evaluate import beside, figures
from routing.classifier.labels import Labels
from routing.classifier.labels import shipped as labels
from routing.classifier.rows import MMLU, read_rows
from routing.signals import shipped

ROWS = read_rows(MMLU, Sourced)
EACH = contenders.splits(ROWS, 1)
WEAK, STRONG = beside(ROWS)
LINEAR = contenders.remembered(contenders.hashed_linear(ROWS, WEAK))


def test_what_needs_no_training_on_the_mmlu_rows() -> None:
    found = {router.name: figures(router, ROWS) for router in contenders.untrained(ROWS, Labels(labels()))}
    random, length, rule, label = found.values()
    assert random.apgr == pytest.approx(0.5, abs=0.01)
    assert 0.01 < random.spread < 0.05
    assert 0.55 < length.apgr < 0.65
    assert 0.35 < rule.apgr < 0.65 and 0.35 < label.apgr < 0.65, "a task type is no routing label"
    assert figures(contenders.oracle(ROWS), ROWS).apgr > 1.2


def test_out_of_fold_the_scale_routes_better_than_chance_by_more_than_noise_and_is_calibrated() -> None:
    scale = figures(contenders.learned("scale", LINEAR, WEAK, EACH), ROWS)
    assert 0.57 < scale.apgr < 0.70
    assert scale.cpt50 < 0.40
    assert scale.ece is not None and scale.ece < 0.04
    assert scale.skill is not None and scale.skill > 0.08


def test_the_difference_of_two_heads_is_a_router_too() -> None:
    gains = contenders.difference(ROWS, [LINEAR(fold) for fold in EACH], EACH)
    assert figures(gains, ROWS).apgr > 0.55


def test_whole_subjects_are_left_out() -> None:
    (fold,) = contenders.left_out(ROWS, 1)
    sides: dict[str, set[int]] = {}
    for row, its in zip(ROWS, fold, strict=True):
        sides.setdefault(row.domain, set()).add(its)
    assert all(len(its) == 1 for its in sides.values())
    assert len(set(fold)) == 5


def test_neighbours_and_an_encoder_learn_what_can_be_learned() -> None:
    rng = np.random.default_rng(0)
    good = (rng.random(200) < 0.5).astype(np.float64)
    vectors = rng.normal(size=(200, 8)) + 3 * good[:, None] * np.eye(8)[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    fold = [place % 5 for place in range(200)]
    learners = contenders.neighbours(vectors, good, 20), contenders.frozen(vectors, good)
    for learner in (*learners, contenders.averaged(learners)):
        read = learner(fold)
        assert ((read > np.median(read)) == (good > 0.5)).mean() > 0.8


def test_no_row_is_its_own_neighbour() -> None:
    vectors, good = np.eye(10), np.array([1.0] * 9 + [0.0])
    read = contenders.neighbours(vectors, good)([0] * 9 + [1])
    assert read[9] > 2, "nobody else ever failed"


def test_the_shipped_scale_scores_any_rows() -> None:
    rows = [Sourced("What is 2?", True, True), Sourced("Prove that the index of <p> in S_5 is 24.", 0, 1)]
    router = contenders.shipped_scale(rows, shipped())
    assert router.scores[0][1] > router.scores[0][0]
    assert all(0 < chance < 1 for chance in router.good[0])
