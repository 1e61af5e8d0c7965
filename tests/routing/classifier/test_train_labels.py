"""The labels' record is what the shipped file does on rows that it never saw; small heads learn and calibrate."""

import json

import numpy as np
from msgspec import structs

from routing.classifier.labels import SHIPPED, TASKS, load
from routing.classifier.logistic import sigmoid
from routing.classifier.rows import DOLLY, read_rows
from routing.classifier.train import digests
from routing.classifier.train_labels import (
    Categorised,
    bare,
    beside_paste,
    calibrated,
    figures,
    generated,
    labelled,
    read,
    slow,
    trained,
    whole,
)

ROWS = read_rows(DOLLY, Categorised)
RECORD = json.loads(SHIPPED.with_suffix(".json").read_text())


def test_the_recorded_figures_are_those_of_the_shipped_file() -> None:
    again, recorded = figures(load(), bare(labelled(ROWS, "evaluate"))), RECORD["unseen"]["instruction_only"]
    for name in ("tasks_accuracy", "tasks_ece", "label_accuracy", "label_accuracy_as_served", "label_ece"):
        assert abs(again[name] - recorded[name]) < 0.002, "but for how another processor rounds"
    assert RECORD["data"] == digests([DOLLY])
    assert RECORD["labels"] == digests([SHIPPED])[SHIPPED.name]


def test_the_shipped_label_is_calibrated_for_texts_with_a_context_and_without_one() -> None:
    unseen = RECORD["unseen"]
    assert all(unseen[kind]["label_ece"] <= 0.03 for kind in ("with_a_context", "instruction_only", "both"))
    assert unseen["dolly_as_it_stands"]["label_accuracy_as_served"] > 0.96
    assert unseen["instruction_only"]["label_accuracy"] > 0.83


def test_beside_a_paste_the_label_has_a_shift_of_its_own() -> None:
    """Weights that say even odds of everything learn both shares of label 1 from the rows that calibrate them."""
    held = labelled(ROWS, "calibrate")[:600]
    nothing = structs.replace(load(), **{name: 0 * getattr(load(), name) for name in ("grams", "dense", "bias")})
    rows = [*whole(held), *bare(held, with_context_only=True)]
    said = sigmoid(read(calibrated(nothing, rows), rows)[:, -1])
    ones, pasted = slow(np.array([row.task for row in rows])), np.array([beside_paste(row) for row in rows])
    assert said[pasted].mean() < 0.03
    assert abs(said[~pasted].mean() - ones[~pasted].mean()) < 0.01


def test_no_instruction_stands_in_two_parts() -> None:
    parts = {which: {row.instruction for row in labelled(ROWS, which)} for which in ("train", "calibrate", "evaluate")}
    assert not parts["train"] & (parts["calibrate"] | parts["evaluate"])
    assert sum(map(len, parts.values())) > 14_000


def test_a_head_of_few_rows_learns_tasks_and_label_and_is_calibrated_on_others() -> None:
    few, held = labelled(ROWS, "train")[:1_200], whole(labelled(ROWS, "calibrate")[:400])
    weights = calibrated(trained([*whole(few), *generated("train", 60)]), held)
    found = figures(weights, whole(labelled(ROWS, "evaluate")[:400]))
    assert found["tasks_accuracy"] > 0.5
    assert found["label_accuracy"] > 0.85
    assert found["label_ece"] < 0.08
    assert figures(weights, generated("evaluate", 40), ("code",))["tasks_accuracy"] > 0.5


def test_label_1_is_s2_s_slow_path() -> None:
    ones = slow(np.arange(len(TASKS)))
    names = {name for name, one in zip(TASKS, ones, strict=True) if one}
    assert names == {"creative_writing", "open_qa", "general_qa", "brainstorming"}
