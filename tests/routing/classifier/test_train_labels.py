"""The labels' record is what the shipped file does on rows that it never saw; small heads learn and calibrate."""

import json

import numpy as np

from routing.classifier.labels import SHIPPED, TASKS, load
from routing.classifier.rows import DOLLY, read_rows
from routing.classifier.train import digests
from routing.classifier.train_labels import (
    Categorised,
    bare,
    calibrated,
    figures,
    generated,
    labelled,
    slow,
    trained,
    whole,
)

ROWS = read_rows(DOLLY, Categorised)
RECORD = json.loads(SHIPPED.with_suffix(".json").read_text())


def test_the_recorded_figures_are_those_of_the_shipped_file() -> None:
    unseen = labelled(ROWS, "evaluate")[::4]
    again, recorded = figures(load(), bare(unseen)), RECORD["unseen"]["instruction_only"]
    assert abs(again["tasks_accuracy"] - recorded["tasks_accuracy"]) < 0.05
    assert abs(again["label_accuracy"] - recorded["label_accuracy"]) < 0.04
    assert again["label_ece"] < 0.07
    assert RECORD["data"] == digests([DOLLY])


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
