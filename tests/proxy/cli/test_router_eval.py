"""`halfpenny router eval` as a user runs it."""

import io
import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proxy.cli import router
from proxy.cli.router_eval import bar
from routing.classifier.rows import DEMO, Asked, read_rows


def halfpenny(*words: str) -> tuple[int, str]:
    """Exit status and output."""
    parser = ArgumentParser()
    router.add(parser.add_subparsers())
    out = io.StringIO()
    return router.run(parser.parse_args(["router", *words]), out), out.getvalue()


def outcomes(path: Path, rows: Sequence[Asked], **more: Any) -> str:
    lines = [{"prompt": row.messages[0].text(), "weak_correct": int(row.good), "strong_correct": 1} for row in rows]
    path.write_text("\n".join(json.dumps(line | more) for line in lines))
    return str(path)


@pytest.fixture(scope="module")
def singles() -> list[Asked]:
    """The demo model's outcomes on single prompts, in a fixed order by chance."""
    rows = [row for row in read_rows(DEMO, Asked) if len(row.messages) == 1]
    Random(1).shuffle(rows)
    return rows


def test_own_heads_of_500_rows_route_other_rows_better_than_the_default(singles: list[Asked], tmp_path: Path) -> None:
    """The demo model's own outcomes: two commands of a user who knows nothing of its making."""
    heads = str(tmp_path / "heads")
    assert halfpenny("fit", outcomes(tmp_path / "mine.jsonl", singles[:500]), "--out", heads)[0] == 0
    status, out = halfpenny("eval", outcomes(tmp_path / "others.jsonl", singles[500:900]), "--heads", heads, "--json")
    assert status == 0
    found = json.loads(out)
    by_name = {one["name"]: one for one in found["routers"]}
    own, default = by_name["own heads"], by_name["default heads, as shipped"]
    assert own["less_default"]["low"] > 0.05 and own["less_default"]["p"] < 0.01
    assert own["less_length"]["low"] > 0
    assert own["ece"] < default["ece"] / 2
    assert (found["rows"], found["weak"]["model"], found["sources"]) == (400, "weak", [])


def test_the_report_has_every_row_and_the_picture_is_drawn(singles: list[Asked], tmp_path: Path) -> None:
    one = outcomes(tmp_path / "one.jsonl", singles[:60])
    other = outcomes(tmp_path / "other.jsonl", singles[60:120], source="elsewhere")
    status, out = halfpenny("eval", one, other, "--plot", str(tmp_path / "out.svg"))
    assert status == 0
    for name in (
        "random (200 seeds)",
        "prompt length",
        "task rule",
        "default heads",
        "kNN-100",
        "difficulty scale, sources left out",
    ):
        assert f"\n{name}" in out
    assert "\noracle" in out and "\nelsewhere" in out and "120 rows: weak 0." in out
    assert (tmp_path / "out.svg").read_text().count("<polyline") == 7


def test_what_cannot_be_scored_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"prompt": "a", "weak_correct": 1, "strong_correct": 1}\n{"prompt": "b"}\n')
    for words, why in (
        ([str(bad)], "bad.jsonl, line 2: a row has `weak_correct`"),
        ([str(tmp_path / "none.jsonl")], "none.jsonl: No such file or directory"),
        ([str(bad), "--plot", "out.png"], "the picture is an SVG"),
    ):
        assert halfpenny("eval", *words) == (1, "")
        assert why in capsys.readouterr().err


def test_heads_that_are_not_there_are_refused(
    singles: list[Asked], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = outcomes(tmp_path / "one.jsonl", singles[:60])
    assert halfpenny("eval", path, "--heads", str(tmp_path))[0] == 1
    assert "`halfpenny router fit` writes it" in capsys.readouterr().err


def test_progress_is_a_line_now_and_then_where_nobody_looks() -> None:
    times = iter((0.0, 5.0, 11.0, 12.0, 30.0))
    out = io.StringIO()
    tick = bar(out, 10, lambda: next(times))
    for name in ("reading", "learning", "", "kNN"):
        tick(name)
    assert out.getvalue() == "1/10  learning  99 s left\n3/10  kNN  70 s left\n"
