import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from routing.classifier.evaluation.benchmark import read
from routing.classifier.training.answered import BadRows


def written(folder: Path, rows: Sequence[Any], name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def two(prompt: str, weak: float, strong: float, **more: Any) -> dict[str, Any]:
    return {"prompt": prompt, "weak_correct": weak, "strong_correct": strong, **more}


GOOD = [two(f"p{n}", n % 2, 1) for n in range(10)]


def test_both_forms_say_the_same_and_a_file_names_its_source(tmp_path: Path) -> None:
    plain = read([written(tmp_path, GOOD)])
    rows = [{"prompt": row["prompt"], "scores": {"a": row["weak_correct"], "b": 1}} for row in GOOD]
    collected = [
        {"prompt": row["prompt"], "model": name, "scores": {name: row["scores"][name]}, "cost": 0.1}
        for row in rows
        for name in ("a", "b")
    ]
    for others in (rows, [*collected, {"prompt": "p", "model": "", "scores": {}, "cost": 0.2}]):
        found = read([written(tmp_path, others, "b.jsonl")])
        assert found.pair == ("a", "b") and set(found.sources) == {"b"}
        assert (found.prompts, found.weak.tolist()) == (plain.prompts, plain.weak.tolist())
    assert found.notes == ("1 rows without any score are left out",)
    assert plain.pair == ("weak", "strong") and set(plain.sources) == {"rows"}


def test_gzip_and_a_mark_of_byte_order_and_other_languages_are_read(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(two(f"Почему {n}? 日本語", n % 2, 1), ensure_ascii=False) for n in range(10))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    found = read([tmp_path / "a.jsonl.gz"])
    assert found.prompts[0] == "Почему 0? 日本語" and found.sources[0] == "a"


def test_sources_come_from_the_rows_and_files_stay_apart(tmp_path: Path) -> None:
    one = written(tmp_path, [two(f"p{n}", n % 2, 1, domain="x") for n in range(10)])
    other = written(tmp_path, GOOD, "other.jsonl")
    assert sorted(set(read([one, other]).sources)) == ["other", "x"]


def test_a_judge_s_scores_are_lifted_to_learn_from_and_kept_to_measure(tmp_path: Path) -> None:
    found = read([written(tmp_path, [two(f"p{n}", n % 9 + 1, 10) for n in range(10)])])
    weak, strong = found.good()
    assert weak.min() == 0 and strong.max() == 1 and found.weak.max() == 9
    assert not found.checked() and "judge" in found.notes[0]


def test_the_pair_can_be_named_and_what_scores_one_alone_is_left_out(tmp_path: Path) -> None:
    rows = [{"prompt": f"p{n}", "scores": {"a": 0, "b": n % 2, "c": 1}} for n in range(12)]
    path = written(
        tmp_path, [*rows, {"prompt": "alone", "scores": {"b": 1}}, {"prompt": "", "scores": {"b": 0, "c": 1}}]
    )
    assert read([path]).pair == ("a", "c")
    found = read([path], weak="b")
    assert found.pair == ("b", "c") and len(found.prompts) == 13
    assert found.notes == (
        "1 rows that do not score both b and c are left out",
        "1 rows have an empty prompt; they count",
    )


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([*GOOD, "no json"], r"rows.jsonl, line 11: JSON is malformed"),
        ([*GOOD, {"prompt": "x", "weak_correct": "yes", "strong_correct": 1}], r"line 11: Expected .* got `str`"),
        ([*GOOD, {"weak_correct": 1, "strong_correct": 1}], r"line 11: .* missing required field `prompt`"),
        ([*GOOD, {"prompt": "x", "weak_correct": 1}], r"line 11: a row has `weak_correct` and `strong_correct`, or"),
        ([*GOOD, {"prompt": "x"}], r"line 11: a row has"),
        ([*GOOD, '{"prompt": "\\ud800", "weak_correct": 1, "strong_correct": 1}'], r"line 11: JSON is malformed"),
        ([json.dumps(GOOD)], r"line 1: Expected `object`, got `array`"),
        (["prompt,weak_correct"], r"line 1: JSON is malformed"),
        ([], r"no row scores anything"),
        (GOOD[:9], r"9 rows score both weak and strong; at least 10"),
        ([two("p", 1, 1)] * 10, r"strong is not better than weak"),
        ([two("p", 1, 0)] * 10, r"strong is not better than weak"),
        ([{"prompt": "p", "scores": {"a": 1}}] * 10, r"one model, or of none"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_its_line(tmp_path: Path, rows: Sequence[Any], why: str) -> None:
    with pytest.raises(BadRows, match=why):
        read([written(tmp_path, rows)])


def test_a_broken_gzip_file_and_one_that_is_not_there(tmp_path: Path) -> None:
    whole = gzip.compress(b"\n".join(json.dumps(row).encode() for row in GOOD))
    (tmp_path / "a.gz").write_bytes(whole[:-12])
    with pytest.raises(BadRows, match=r"a\.gz is a broken gzip file"):
        read([tmp_path / "a.gz"])
    with pytest.raises(OSError, match="No such file"):
        read([tmp_path / "none"])
