"""Tier 1's head: what the encoder is asked, and what its vector moves."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.words import Call, Message, View
from routing.classifier.embedded import HEAD_BYTES, TAIL_BYTES, Embedded, cut, load, question, save
from routing.classifier.logistic import sigmoid
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.classifier.train import folds, weak_rows
from routing.classifier.train_embedded import fitted
from routing.signals import EMBEDDED, Classifier, Placement, shipped

HEAD = Embedded("scripted", np.array([4.0, -4.0], np.float32), 0.0, 0.5)
EASY, HARD = np.array([1, 0], "<f4").tobytes(), np.array([0, 1], "<f4").tobytes()
TEXT = "Which animal is a mammal, and what does the heart pump?"
PLACED = [Placement("mini", "small"), Placement("large", "strong")]
TWO = Classifier(shipped(), PLACED, embedded=HEAD)


def call(*turns: str) -> Call:
    messages = tuple(Message(("user", "assistant")[place % 2], text) for place, text in enumerate(turns))
    return Call("chat", "chat", {}, View("auto", messages), 100)


def good(vector: bytes | None, *turns: str) -> float:
    return TWO.read(call(*turns), lambda: 0, vector).good["mini"]


def test_the_vector_moves_the_opinion_and_is_told() -> None:
    assert good(EASY, TEXT) > good(None, TEXT) > good(HARD, TEXT)
    read = TWO.read(call(TEXT), lambda: 0, EASY)
    assert (read.tier, TWO.read(call(TEXT), lambda: 0).tier) == (1, 0)
    assert read.difficulty == pytest.approx(1 - read.good["mini"])


@pytest.mark.parametrize("broken", [b"", b"123", EASY[:4], np.full(2, np.nan, "<f4").tobytes()])
def test_a_vector_that_does_not_fit_leaves_tier_0(broken: bytes) -> None:
    assert TWO.read(call(TEXT), lambda: 0, broken) == TWO.read(call(TEXT), lambda: 0)


def test_far_from_the_data_the_vector_moves_nothing() -> None:
    far = "zxqv wrtpl kjhgf bnmvc qwrtz"
    assert good(EASY, far) == pytest.approx(good(HARD, far)) == pytest.approx(good(None, far))


def test_an_easy_looking_turn_in_a_hard_conversation_stays_hard() -> None:
    hard = "Find the order of the factor group (Z_11 x Z_15)/(<1, 1>)"
    assert good(EASY, hard, "It is 15.", "ok, continue") <= good(None, hard)


def test_what_asks_for_nothing_itself_is_asked_behind_what_it_goes_on_with() -> None:
    assert question(call(TEXT, "Blood.", "ok, continue").view.messages) == cut(f"{TEXT}\nok, continue")
    assert question(call(TEXT, "Blood.", TEXT[::-1]).view.messages) == TEXT[::-1]
    assert question(call("hi").view.messages) == "hi"
    assert question(()) == ""


def test_without_a_head_or_a_model_that_it_speaks_for_nothing_is_asked() -> None:
    assert TWO.asks(call(TEXT)) == TEXT
    assert Classifier(shipped(), PLACED).asks(call(TEXT)) == ""
    assert Classifier(shipped(), [Placement("tiny", "demo")], embedded=HEAD).asks(call(TEXT)) == ""
    assert TWO.asks(call(" ")) == ""


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_is_cut_to_whole_letters_and_bounded_bytes(text: str) -> None:
    found = cut(text)
    assert len(found.encode()) <= HEAD_BYTES + TAIL_BYTES + 1
    assert "�" not in found or "�" in text


def test_a_long_turn_keeps_its_beginning_and_its_end() -> None:
    found = cut("Summarise this. " + "word " * 1_000 + "In French, please.")
    assert found.startswith("Summarise this.")
    assert found.endswith("In French, please.")


def test_a_saved_head_is_the_same(tmp_path: Path) -> None:
    save(HEAD, tmp_path / "head.npz")
    found = load(tmp_path / "head.npz")
    assert (found.encoder, found.bias, found.own) == (HEAD.encoder, HEAD.bias, HEAD.own)
    assert found.weights.tolist() == HEAD.weights.tolist()
    for wrong in (b"", b"no archive"):
        (tmp_path / "wrong.npz").write_bytes(wrong)
        with pytest.raises((OSError, ValueError)):
            load(tmp_path / "wrong.npz")


def test_the_shipped_head_is_minilm_s_and_moves_within_reason() -> None:
    head = load(EMBEDDED)
    assert (head.encoder, head.weights.shape) == ("all-MiniLM-L6-v2", (384,))
    vector = np.random.default_rng(0).normal(size=384).astype("<f4")
    unit = (vector / np.linalg.norm(vector)).astype("<f4").tobytes()
    assert abs(head.logit(unit, 0.9, 1.0, 0.9) - 0.9) < 2


def test_what_vectors_tell_is_learned_and_calibrated() -> None:
    rows = weak_rows(read_rows(MMLU, Outcome)[:400])
    truth = np.array([row.good for row in rows])
    noise = np.random.default_rng(0).normal(size=(400, 8)) / 4
    vectors = noise + np.outer(truth - 0.5, np.eye(8)[0])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = fitted("scripted", vectors, rows, folds(400, 1))
    read = [made.head.logit(vector.astype("<f4").tobytes(), 0.9, 1.0, 0.9) for vector in vectors]
    assert made.brier_skill > 0.5
    assert made.ece < 0.1
    assert np.mean((sigmoid(np.array(read)) > 0.5) == (truth > 0.5)) > 0.9
