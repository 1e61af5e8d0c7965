import numpy as np
import pytest

from routing.classifier.evaluation import benchmark, contenders, protocol
from routing.classifier.evaluation.figures import figures
from routing.classifier.features import features
from routing.classifier.heads import Line
from routing.classifier.labels import Labels
from routing.classifier.labels import shipped as labels
from routing.classifier.rows import MMLU, user
from routing.signals import shipped

BENCH = benchmark.read([MMLU])
SEEN = protocol.read_all(BENCH)
EACH = contenders.splits(len(SEEN), 1)
WEAK, STRONG = BENCH.good()
LINEAR = contenders.remembered(contenders.hashed_linear(SEEN, WEAK))


def test_what_needs_no_training_on_the_mmlu_rows() -> None:
    found = {router.name: figures(router, BENCH) for router in contenders.untrained(BENCH, SEEN, Labels(labels()))}
    random, length, rule, label = found.values()
    assert random.apgr == pytest.approx(0.5, abs=0.01)
    assert 0.01 < random.spread < 0.05
    assert 0.55 < length.apgr < 0.65
    assert 0.35 < rule.apgr < 0.65 and 0.35 < label.apgr < 0.65, "a task type is no routing label"
    assert figures(contenders.oracle(BENCH), BENCH).apgr > 1.2


def test_out_of_fold_the_scale_routes_better_than_chance_by_more_than_noise_and_is_calibrated() -> None:
    scale = figures(contenders.learned("scale", LINEAR, WEAK, EACH), BENCH)
    assert 0.57 < scale.apgr < 0.70
    assert scale.cpt50 < 0.40
    assert scale.ece is not None and scale.ece < 0.04
    assert scale.skill is not None and scale.skill > 0.08


def test_the_difference_of_two_heads_is_a_router_too() -> None:
    gains = contenders.difference("two", LINEAR, contenders.hashed_linear(SEEN, STRONG), EACH)
    assert figures(gains, BENCH).apgr > 0.55


def test_many_sources_are_left_out_in_five_folds_and_few_one_by_one() -> None:
    (fold,) = contenders.left_out(BENCH.sources, 1)
    sides: dict[str, set[int]] = {}
    for source, its in zip(BENCH.sources, fold, strict=True):
        sides.setdefault(source, set()).add(its)
    assert all(len(its) == 1 for its in sides.values())
    assert len(set(fold)) == 5
    assert contenders.left_out(["a", "b", "a", "c"], 7) == [[0, 1, 0, 2]]


def test_calibration_of_sources_left_out_knows_nothing_of_them() -> None:
    """A source on which the weak model never fails: its own lines would say so, others' cannot."""
    good, fold = np.array([0.0, 1.0] * 50 + [1.0] * 100), [0] * 100 + [1] * 100
    router = contenders.learned("x", lambda _: np.zeros(200), good, [fold], parts=[fold])
    assert router.good[0][150] == pytest.approx(0.5, abs=0.01)
    assert router.good[0][50] > 0.9


def test_neighbours_and_an_encoder_learn_what_can_be_learned() -> None:
    rng = np.random.default_rng(0)
    good = (rng.random(200) < 0.5).astype(np.float64)
    vectors = rng.normal(size=(200, 8)) + 3 * good[:, None] * np.eye(8)[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    fold = [place % 5 for place in range(200)]
    learners = contenders.neighbours(vectors.astype(np.float32), good, 20), contenders.frozen(vectors, good)
    for learner in (*learners, contenders.averaged(learners)):
        read = learner(fold)
        assert ((read > np.median(read)) == (good > 0.5)).mean() > 0.8


def test_no_row_is_its_own_neighbour() -> None:
    vectors, good = np.eye(10, dtype=np.float32), np.array([1.0] * 9 + [0.0])
    read = contenders.neighbours(vectors, good)([0] * 9 + [1])
    assert read[9] > 2, "nobody else ever failed"


def test_heads_score_any_rows_by_the_gain_that_the_strong_model_promises() -> None:
    heads = shipped()
    seen = [features(user(prompt)) for prompt in ("What is 2?", "Prove that the index of <p> in S_5 is 24.")]
    lines = Line(1.0, 0.0), heads.strong
    router = contenders.scale("default", "rows", contenders.read_by(heads.small, seen), lines)
    assert router.scores[0][1] > router.scores[0][0]
    assert all(0 < chance < 1 for chance in router.good[0])
