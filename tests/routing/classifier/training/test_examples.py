import json
from pathlib import Path
from typing import Any

import pytest

from routing.classifier.training.answered import BadRows
from routing.classifier.training.examples import Example, Examples, read


def written(folder: Path, rows: list[dict[str, Any]]) -> list[Path]:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return [path]


def everything(found: Examples) -> list[Example]:
    return sorted((example for part in found.parts.values() for example in part), key=lambda example: example.text)


def outcomes(count: int = 300) -> list[dict[str, Any]]:
    return [{"prompt": f"p{at:03}", "weak_correct": at % 2, "strong_correct": 1} for at in range(count)]


CATEGORIES = ("closed_qa", "open_qa", "brainstorming")


def categories(count: int = 300) -> list[dict[str, Any]]:
    return [
        {"instruction": f"i{at:03}", "context": "c" * (at % 2), "category": CATEGORIES[at % 3]} for at in range(count)
    ]


def test_where_the_weak_model_is_wrong_the_label_is_1(tmp_path: Path) -> None:
    found = read(written(tmp_path, outcomes()), "label")
    assert found.classes == ("0", "1")
    assert everything(found)[:2] == [Example("p000", (0.0, 1.0), 0.0, 1.0), Example("p001", (1.0, 0.0), 1.0, 1.0)]
    sizes = [len(found.parts[part]) for part in ("train", "calibrate", "evaluate")]
    assert sum(sizes) == 300 and sizes[0] > 180 and min(sizes) > 25


def test_categories_give_s2s_label_with_and_without_what_was_pasted(tmp_path: Path) -> None:
    found = read(written(tmp_path, categories()), "label")
    shares = {example.text: example.share for example in everything(found)}
    assert shares["i000"] == (1.0, 0.0)
    assert shares["i001"] == shares["i001\n\nc"] == (0.0, 1.0)
    assert len(shares) == 450


def test_categories_can_be_the_target_and_then_outcomes_say_nothing(tmp_path: Path) -> None:
    found = read(written(tmp_path, [*categories(), *outcomes()]), "task")
    assert found.classes == ("brainstorming", "closed_qa", "open_qa")
    assert {example.text: example.share for example in everything(found)}["i001"] == (0.0, 0.0, 1.0)
    assert len(everything(found)) == 450


def test_both_kinds_of_rows_teach_one_label(tmp_path: Path) -> None:
    assert len(everything(read(written(tmp_path, [*categories(), *outcomes()]), "label"))) == 750


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (outcomes(40), "40 examples are too few"),
        ([{**row, "category": "open_qa"} for row in categories()], "one class only"),
        ([{"prompt": "a", "scores": {"x": 4}}], "below 0 or above 1"),
        ([{"prompt": 3}], "line 1"),
    ],
)
def test_what_teaches_nothing_is_told(tmp_path: Path, rows: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(BadRows, match=complaint):
        read(written(tmp_path, rows), "label")
