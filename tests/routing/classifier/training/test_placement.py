import json
from pathlib import Path

import pytest

from routing.classifier.heads import Line
from routing.classifier.placing import ability, tier_line
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.classifier.training.answered import BadRows
from routing.classifier.training.checking import Question
from routing.classifier.training.placement import SMALL, STRONG, by_kind, line, questions, scored
from routing.signals import shipped

HEADS = shipped()
CONSTANT = HEADS.small.constant
SMALL_MODEL = tier_line(HEADS, "small")


def written(folder: Path, *scores: dict[str, float]) -> Path:
    path = folder / "placement.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": f"p{at}", "scores": one}) for at, one in enumerate(scores)))
    return path


def answered(right: float, prior: Line = SMALL_MODEL) -> float:
    """P(good) far from all data of a model that has so many of the shipped prompts right."""
    asked = questions()
    found = line(HEADS, [(one.prompt, float(at < right * len(asked))) for at, one in enumerate(asked)], prior)
    return found.at(CONSTANT)


def test_answers_are_the_model_s_by_this_name_or_by_the_only_one(tmp_path: Path) -> None:
    path = written(tmp_path, *[{"m": 1.0}] * 2, {"m": 0.0})
    assert scored(path, "m") == [("p0", 1.0), ("p1", 1.0), ("p2", 0.0)] == scored(path, "the same by another name")
    with pytest.raises(BadRows, match="none of them is m"):
        scored(written(tmp_path, {"a": 1, "b": 0}), "m")
    with pytest.raises(BadRows, match="no scored answer"):
        scored(written(tmp_path), "m")


def test_the_anchors_stand_where_the_reference_models_do_and_all_else_in_order() -> None:
    assert answered(SMALL) == pytest.approx(SMALL_MODEL.at(CONSTANT), abs=0.01)
    assert answered(STRONG) == pytest.approx(HEADS.strong.at(CONSTANT), abs=0.03)
    found = [answered(right) for right in (0.02, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99)]
    assert found == sorted(found)
    assert found[0] < 0.05, "who gets nothing right is sent nothing"
    assert found[-1] < 0.93, "easy prompts do not make a model better than the best"


def test_a_hundred_answers_count_more_than_the_tier() -> None:
    as_small, as_strong = answered(0.6), answered(0.6, tier_line(HEADS, "strong"))
    assert abs(as_small - as_strong) < 0.03
    assert ability(line(HEADS, [], HEADS.strong), CONSTANT) == pytest.approx(ability(HEADS.strong, CONSTANT))


def test_prompts_of_one_s_own_are_as_hard_as_the_scale_reads_them() -> None:
    """The strong model's own MMLU answers, by a file: it stands where it was trained to stand, whatever it was taken
    for."""
    rows = [(row.prompt, float(row.strong_correct)) for row in read_rows(MMLU, Outcome)]
    found = line(HEADS, rows, SMALL_MODEL)
    assert found.at(CONSTANT) == pytest.approx(HEADS.strong.at(CONSTANT), abs=0.03)


def test_kinds_are_counted() -> None:
    asked = [Question("a", 1, kind="sums"), Question("b", 1, kind="sums"), Question("c", 1, kind="words")]
    assert by_kind(asked, {"a": 1.0, "b": 0.0}) == {"sums": (1, 2)}
