import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from routing.classifier.labels import SHIPPED, TASKS, Labels, load, save, shipped, softmax
from routing.classifier.topics import topics

LABELS = Labels(shipped())


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Write a poem about the sea in autumn", "creative_writing"),
        ("Give me ideas for a birthday party for my son", "brainstorming"),
        ("Classify each of the following as a fruit or a vegetable: apple, carrot, pear", "classification"),
        ("Write a Python function to reverse a linked list", "code"),
        ("Solve 3x + 7 = 25", "math"),
        ("Translate this sentence into German: the book is on the table", "translation"),
    ],
)
def test_a_task_is_known_by_its_words(text: str, task: str) -> None:
    tasks = LABELS.read(text).tasks
    assert max(tasks, key=lambda name: tasks[name]) == task


def test_the_slow_label_is_for_open_work_and_the_fast_one_for_pasted_text() -> None:
    assert LABELS.read("Write a short story about a lonely robot").label == 1
    pasted = "Summarize the text below.\n\n" + "The river rises in the hills and flows to the sea. " * 9
    assert LABELS.read(pasted).label == 0


def test_tasks_add_up_and_the_label_is_the_likelier_side() -> None:
    read = LABELS.read("Who was the first king of France?")
    assert sum(read.tasks.values()) == pytest.approx(1.0)
    assert tuple(read.tasks) == TASKS
    assert 0.5 <= read.confidence <= 1.0


def test_the_topic_is_the_nearest_configured_one() -> None:
    by = Labels(shipped(), topics({"billing": "invoice refund payment card", "travel": "flight hotel train passport"}))
    assert by.read("My invoice shows a payment twice, I want a refund").topic == "billing"
    assert by.read("hello there").topic is None
    assert by.read("hello there", hint="travel").topic == "travel"
    assert by.read("hello there", hint="unheard of").topic is None
    assert LABELS.read("My invoice").topic is None


@given(st.text())
def test_any_text_is_labelled(text: str) -> None:
    read = LABELS.read(text)
    assert sum(read.tasks.values()) == pytest.approx(1.0)
    assert read.label in (0, 1)


def test_the_record_names_this_very_file_and_its_figures_are_as_published_ones() -> None:
    record = json.loads(SHIPPED.with_suffix(".json").read_text())
    assert record["labels"] == sha256(SHIPPED.read_bytes()).hexdigest()
    assert LABELS.version == record["labels"][:12]
    unseen = record["unseen"]
    assert unseen["dolly_as_it_stands"]["tasks_accuracy"] > 0.68
    assert unseen["instruction_only"]["tasks_accuracy"] > 0.63
    assert unseen["instruction_only"]["label_accuracy"] > 0.83


def test_a_file_gives_back_what_was_saved_and_others_are_refused(tmp_path: Path) -> None:
    weights = shipped()
    save(weights, tmp_path / "labels.npz")
    again = load(tmp_path / "labels.npz")
    assert np.abs(again.grams - weights.grams).max() < 0.05
    save(structs.replace(weights, grams=weights.grams[:-1]), tmp_path / "short.npz")
    with pytest.raises(ValueError, match="other features"):
        load(tmp_path / "short.npz")


def test_softmax_adds_up_without_overflow() -> None:
    assert softmax(np.array([1e4, 0.0])) == pytest.approx([1.0, 0.0])
