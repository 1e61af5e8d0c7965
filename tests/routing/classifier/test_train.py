"""The shipped heads are those of the recorded data, and keep what their record says."""

import json
from hashlib import sha256

import numpy as np

from providers.tiny import MODEL_PATH
from routing.classifier.features import features
from routing.classifier.fitting import Recipe, Row, logits, train
from routing.classifier.logistic import sigmoid
from routing.classifier.rows import DEMO, DOLLY, MMLU, Asked, Instruction, Outcome, part, read_rows, user
from routing.classifier.scores import brier_skill, calibration_error
from routing.classifier.train import HEADS, HIGH, RECORD, crossed, demo_rows, folds, reference, weak_rows
from routing.signals import shipped

record = json.loads(RECORD.read_text())


def test_the_record_names_these_very_files() -> None:
    assert record["heads"] == sha256(HEADS.read_bytes()).hexdigest()
    for path in (MMLU, DOLLY, DEMO):
        assert record["data"][path.name] == sha256(path.read_bytes()).hexdigest()
    assert record["outcomes"] == json.loads(DEMO.with_name("outcomes.json").read_text())
    assert record["outcomes"]["model_sha256"] == sha256(MODEL_PATH.read_bytes()).hexdigest(), "run outcomes, then train"
    assert HEADS.stat().st_size < 2_000_000


def test_training_again_gives_the_shipped_scale() -> None:
    again, heads = reference(read_rows(MMLU, Outcome)), shipped()
    assert abs(again.strong.slope - heads.strong.slope) < 0.01
    rows = weak_rows(read_rows(MMLU, Outcome)[:200])
    assert np.abs(logits(again.small, rows) - logits(heads.small, rows)).max() < 0.05
    assert again.weak_figures["ece"] <= 0.04 and again.strong_figures["ece"] <= 0.04
    assert again.weak_figures["brier_skill"] > 0.08


def test_the_demo_head_separates_and_is_calibrated_on_rows_it_never_saw() -> None:
    rows, head = demo_rows()("evaluate"), shipped().demo
    good, found = np.array([row.good for row in rows]), sigmoid(logits(head, rows))
    assert calibration_error(found, good) < 0.03
    assert brier_skill(found, good) > 0.7
    assert (found[good < 0.5] < HIGH).mean() > 0.93


def test_prompts_of_mastered_families_go_to_the_demo_model_and_instructions_of_people_do_not() -> None:
    asked, head = read_rows(DEMO, Asked), shipped().demo
    shares = {row.family: [other.good for other in asked if other.family == row.family] for row in asked[::50]}
    mastered = {family for family, good in shares.items() if sum(good) >= 0.85 * len(good)}
    assert len(mastered) >= 10
    ours = [
        row
        for row in asked
        if row.family in mastered and row.held_out and row.part() == "evaluate" and not row.way.startswith("long")
    ]
    theirs = [row.prompt() for row in read_rows(DOLLY, Instruction) if part(row.prompt()) == "evaluate"]
    high = sigmoid(logits(head, [Row(features(row.messages), 1.0) for row in ours]))
    low = sigmoid(logits(head, [Row(features(user(prompt)), 0.0) for prompt in theirs]))
    assert (high >= HIGH).mean() > 0.85
    assert (low < 0.5).mean() > 0.97


def test_folds_are_even_and_seeded() -> None:
    assert sorted(folds(10, 3)) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert folds(100, 3) == folds(100, 3) != folds(100, 4)


def test_crossed_reads_each_half_through_the_other() -> None:
    logit, good = np.array([3.0, -3.0] * 20), np.array([1.0, 0.0] * 10 + [0.0, 1.0] * 10)
    halves = np.array([0] * 20 + [1] * 20)
    assert crossed(logit, good, halves)[20:22].tolist()[0] > 0.8, "the second half believes the first"


def test_nothing_but_a_recipe_and_rows_moves_a_head() -> None:
    rows = weak_rows(read_rows(MMLU, Outcome)[:60])
    one, other = (train(rows, Recipe(1.0, 0.3)) for _ in range(2))
    assert one.weights.tobytes() == other.weights.tobytes()
