from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from providers.words import Message
from routing.classifier.features import features
from routing.classifier.fitting import Recipe, Row, calibrated, line, out_of_fold, train
from routing.classifier.heads import Head, Heads, Line, load, nearness, probability, save

RECIPE = Recipe(l2=0.1, dense=0.3)
EASY, HARD = "what colour is the cat", "prove the theorem about the integral"


def row(text: str, good: float) -> Row:
    return Row(features((Message("user", text),)), good)


ROWS = [row(f"{EASY} {n % 7}", 1.0) for n in range(30)] + [row(f"{HARD} {n % 7}", 0.0) for n in range(30)]


@pytest.fixture(scope="module")
def head() -> Head:
    return train(ROWS, RECIPE)


def asked(head: Head, text: str) -> float:
    return probability(head.read(features((Message("user", text),)))[0])


def test_a_head_tells_what_it_learned(head: Head) -> None:
    assert asked(head, EASY) > 0.9
    assert asked(head, HARD) < 0.1


def test_far_from_its_data_a_head_says_its_constant(head: Head) -> None:
    assert asked(head, "zxq vrm plk wrt") == pytest.approx(0.5, abs=1e-6)
    stubborn = train(ROWS, structs.replace(RECIPE, constant=0.02))
    assert asked(stubborn, "zxq vrm plk wrt") == pytest.approx(0.02, abs=1e-6)


def test_nearness_falls_with_unknown_words(head: Head) -> None:
    texts = (EASY, "what colour is zxq vrm", "zxq vrm", "")
    near = [nearness(head.known, features((Message("user", text),))) for text in texts]
    assert near == sorted(near, reverse=True)
    assert near[0] == 1.0 and near[-1] == near[-2] == 0.0


def test_unfamiliar_words_count_only_where_the_recipe_reads_them() -> None:
    known = [row(f"name the city called a{'bcd'[n % 3]}", 1.0) for n in range(30)]
    strange = [row(f"name the city called z{chr(97 + n)}q", 0.0) for n in range(26)]
    reads, blind = (train([*known, *strange], structs.replace(RECIPE, unfamiliar=flag)) for flag in (True, False))
    assert (reads.dense[-3:] < 0).any()
    assert (blind.dense[-3:] == 0).all()
    unseen = features((Message("user", "name the city called xyzzy"),))
    assert reads.logit(unseen) < reads.logit(known[0].features)


def test_calibration_moves_probabilities_to_the_outcomes(head: Head) -> None:
    logits, good = np.array([4.0, 4.0, 4.0, 4.0, -4.0, -4.0]), np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    by = line(logits, good)
    assert by.at(4.0) == pytest.approx(0.75, abs=0.05)
    read = features((Message("user", EASY),))
    assert calibrated(head, by).logit(read) == pytest.approx(by.slope * head.logit(read) + by.shift, abs=1e-3)


def test_out_of_fold_no_row_sees_itself() -> None:
    rows = [*ROWS, row("wholly other words here", 0.0)]
    folds = [0] * 30 + [1] * 30 + [2]
    found = out_of_fold(rows, RECIPE, folds)
    assert found[-1] == pytest.approx(train(ROWS, RECIPE).read(rows[-1].features)[0])


def test_a_file_gives_back_what_was_saved(head: Head, tmp_path: Path) -> None:
    save(head, Line(0.8, 0.6), train(ROWS[::-1], RECIPE), tmp_path / "heads.npz")
    heads = load(tmp_path / "heads.npz", "v")
    assert (heads.strong, heads.version) == (Line(0.8, 0.6), "v")
    for text in (EASY, HARD, "zxq"):
        assert asked(heads.small, text) == pytest.approx(asked(head, text), abs=2e-3)


def test_heads_of_other_features_are_refused(head: Head, tmp_path: Path) -> None:
    short = structs.replace(head, weights=head.weights[:-1])
    save(short, Line(1, 0), head, tmp_path / "heads.npz")
    with pytest.raises(ValueError, match="other features"):
        load(tmp_path / "heads.npz", "v")


def test_the_medium_line_is_halfway_in_logits(head: Head) -> None:
    heads = Heads(head, Line(0.6, 1.0), head, "v")
    assert heads.medium() == Line(0.8, 0.5)
