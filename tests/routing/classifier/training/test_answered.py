import json
from pathlib import Path

import pytest

from routing.classifier.training.answered import Answered, BadRows, means, merged, of_one, pair, read


def rows(folder: Path, text: str) -> Path:
    path = folder / "rows.jsonl"
    path.write_text(text)
    return path


def test_both_forms_are_read_and_empty_rows_are_left_out(tmp_path: Path) -> None:
    lines = [
        '{"prompt": "a", "weak_correct": false, "strong_correct": 1, "more": [1]}',
        '{"prompt": "b", "scores": {"one": 0.5, "two": true}}',
        '{"prompt": "c"}',
        '{"prompt": " ", "scores": {"one": 1}}',
    ]
    assert read(rows(tmp_path, "\n".join(lines))) == [
        Answered("a", {"weak": 0.0, "strong": 1.0}),
        Answered("b", {"one": 0.5, "two": 1.0}),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"prompt": "a", "scores": {"one": 2}}', "below 0 or above 1"),
        ('{"prompt": "a"}\n{"prompt": 3}', "line 2"),
        ("no JSON", "line 1"),
    ],
)
def test_what_is_no_row_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(BadRows, match=complaint):
        read(rows(tmp_path, text))


def test_the_pair_is_the_weakest_and_the_best_or_what_is_named() -> None:
    found = [Answered("a", {"x": 1, "y": 0, "z": 0.5}), Answered("b", {"x": 1})]
    assert list(means(found)) == ["y", "z", "x"]
    assert pair(found, None, None) == ("y", "x")
    assert pair(found, "z", None) == ("z", "x")
    with pytest.raises(BadRows, match="always ask x"):
        pair(found, "x", "z")
    with pytest.raises(BadRows, match="no row scores a model w; the models are y, z, x"):
        pair(found, "w", None)
    with pytest.raises(BadRows, match="two at least"):
        pair([Answered("a", {"x": 1})], None, None)


def test_answers_of_several_models_to_one_prompt_are_one_row_and_an_answer_given_again_is_another() -> None:
    rows = [Answered("p", {"a": 1.0}), Answered("q", {"a": 0.0}), Answered("p", {"b": 0.0}), Answered("p", {"a": 0.0})]
    assert merged(rows) == [Answered("p", {"a": 1.0, "b": 0.0}), Answered("q", {"a": 0.0}), Answered("p", {"a": 0.0})]


def written(folder: Path, *scores: dict[str, float]) -> Path:
    path = folder / "placement.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": f"p{at}", "scores": one}) for at, one in enumerate(scores)))
    return path


def test_answers_are_the_model_s_by_this_name_or_by_the_only_one(tmp_path: Path) -> None:
    path = written(tmp_path, *[{"m": 1.0}] * 2, {"m": 0.0})
    assert of_one(path, "m") == [("p0", 1.0), ("p1", 1.0), ("p2", 0.0)] == of_one(path, "the same by another name")
    with pytest.raises(BadRows, match="none of them is m"):
        of_one(written(tmp_path, {"a": 1, "b": 0}), "m")
    with pytest.raises(BadRows, match="no scored answer"):
        of_one(written(tmp_path), "m")
