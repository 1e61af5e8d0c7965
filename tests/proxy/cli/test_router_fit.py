"""`halfpenny router fit` as a user runs it."""

import io
import json
from argparse import ArgumentParser
from pathlib import Path
from random import Random

import pytest

from proxy.cli import router
from proxy.config.load import parse
from proxy.config.report import ConfigError
from routing.classifier.embedded import load
from routing.classifier.rows import DEMO, Asked, read_rows
from routing.classifier.training import folder
from tests.doubles.embedders import Sizes, bert


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


def test_with_an_encoder_tier_1_s_head_lies_beside_and_without_one_none_of_an_earlier_fit(tmp_path: Path) -> None:
    rows = [row for row in read_rows(DEMO, Asked) if len(row.messages) == 1][:400:2]
    path, heads = tmp_path / "outcomes.jsonl", tmp_path / "heads"
    lines = [{"prompt": row.messages[0].text(), "scores": {"tiny": int(row.good), "large": 1}} for row in rows]
    path.write_text("\n".join(map(json.dumps, lines)))
    model = bert(tmp_path / "chance.gguf", Sizes(width=32, layers=1, heads=2, feed=64, vocabulary=300))
    config = f"providers: {{mine: {{dialect: encoder, model: {model}}}}}\nrouting: {{heads: {heads}, encoder: mine}}"
    status, out = halfpenny("fit", str(path), "--out", str(heads), "--encoder", str(model))
    assert status == 0
    assert "Brier skill" in out.splitlines()[-1]
    assert load(folder.embedded(heads)).weights.shape == (32,)
    assert parse(config, {}, "config.yaml").routing.encoder == "mine"
    assert halfpenny("fit", str(path), "--out", str(heads))[0] == 0
    assert not folder.embedded(heads).exists()
    with pytest.raises(ConfigError, match="fitted without an encoder"):
        parse(config, {}, "config.yaml")


def test_an_encoder_that_does_not_start_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"prompt": f"word{at} " * (at % 7 + 1), "scores": {"x": at % 3 > 0, "y": 1}} for at in range(80)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    words = ("fit", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "heads"))
    assert halfpenny(*words, "--encoder", str(tmp_path / "none.gguf")) == (1, "")
    assert "none.gguf cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "heads").exists()


def test_rows_that_say_too_little_are_refused_in_a_sentence(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "few.jsonl").write_text('{"prompt": "a", "scores": {"x": 1, "y": 0}}\n')
    status, out = halfpenny("fit", str(tmp_path / "few.jsonl"), "--out", str(tmp_path / "heads"))
    assert (status, out) == (1, "")
    assert "at least 50 are needed" in capsys.readouterr().err
    assert not (tmp_path / "heads").exists()
    assert halfpenny("fit", str(tmp_path / "none.jsonl"))[0] == 1
    assert "No such file" in capsys.readouterr().err
