import json
from pathlib import Path

import pytest

from routing.classifier.training.answered import BadRows
from routing.classifier.training.checking import Question
from routing.classifier.training.placement import SMALL, STRONG, Scale, by_kind, share, shift

SCALE = Scale(0.85, 1.45)


def scored(folder: Path, *scores: dict[str, float]) -> Path:
    path = folder / "placement.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": f"p{at}", "scores": one}) for at, one in enumerate(scores)))
    return path


def test_the_share_is_doubted_by_two_rows(tmp_path: Path) -> None:
    path = scored(tmp_path, *[{"m": 1.0}] * 6, *[{"m": 0.0}] * 2)
    assert share(path, "m") == (7 / 10, 8)
    assert share(path, "the same model by another name") == (7 / 10, 8)


def test_whose_scores_they_are_must_be_clear(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="none of them is m"):
        share(scored(tmp_path, {"a": 1, "b": 0}), "m")
    with pytest.raises(BadRows, match="no scored answer"):
        share(scored(tmp_path), "m")


def test_the_anchors_stand_where_the_reference_models_do_and_all_else_in_order() -> None:
    assert shift(SMALL, SCALE) == pytest.approx(0)
    assert shift(STRONG, SCALE) == pytest.approx(0.6)
    shifts = [shift(right, SCALE) for right in (0.02, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99)]
    assert shifts == sorted(shifts)
    assert shifts[0] < -5, "who gets nothing right is sent nothing"
    assert shifts[-1] < 1.5, "easy prompts do not make a model better than the best"


def test_kinds_are_counted() -> None:
    asked = [Question("a", 1, kind="sums"), Question("b", 1, kind="sums"), Question("c", 1, kind="words")]
    assert by_kind(asked, {"a": 1.0, "b": 0.0}) == {"sums": (1, 2)}
