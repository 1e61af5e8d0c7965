"""`halfpenny router fit` as a user runs it."""

import io
import json
from argparse import ArgumentParser
from pathlib import Path
from random import Random

from proxy.cli import router
from routing.classifier.rows import DEMO, Asked, read_rows
from routing.classifier.training import folder


def halfpenny(*words: str) -> tuple[int, str]:
    """Exit status and output."""
    parser = ArgumentParser()
    router.add(parser.add_subparsers())
    out = io.StringIO()
    return router.run(parser.parse_args(["router", *words]), out), out.getvalue()


def test_one_command_from_500_rows_to_heads_that_beat_the_default(tmp_path: Path) -> None:
    rows = [row for row in read_rows(DEMO, Asked) if len(row.messages) == 1]
    Random(1).shuffle(rows)
    path = tmp_path / "outcomes.jsonl"
    lines = [
        {"prompt": row.messages[0].text(), "weak_correct": int(row.good), "strong_correct": 1} for row in rows[:500]
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    status, out = halfpenny("fit", str(path), "--out", str(tmp_path / "heads"))
    assert status == 0
    assert "Your heads are better on your prompts." in out
    assert f"routing: {{heads: {tmp_path / 'heads'}}}" in out
    apgr = {
        line[:24].strip(): float(line[24:].split()[0]) for line in out.splitlines() if line.startswith(("def", "own"))
    }
    assert apgr["own heads, out of fold"] > apgr["default heads"] + 0.1
    assert folder.record(tmp_path / "heads").report["rows"] == 500


def test_rows_that_say_too_little_are_refused_in_a_sentence(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "few.jsonl").write_text('{"prompt": "a", "scores": {"x": 1, "y": 0}}\n')
    status, out = halfpenny("fit", str(tmp_path / "few.jsonl"), "--out", str(tmp_path / "heads"))
    assert (status, out) == (1, "")
    assert "at least 50 are needed" in capsys.readouterr().err
    assert not (tmp_path / "heads").exists()
    assert halfpenny("fit", str(tmp_path / "none.jsonl"))[0] == 1
    assert "No such file" in capsys.readouterr().err
