"""`halfpenny explain` as an operator meets it: the server's own choice, without a server."""

import io
import json
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from proxy.cli import explain

CONFIG = """
providers:
  home: {dialect: openai, base_url: "http://127.0.0.1:9/v1"}
  up: {dialect: openai, base_url: "http://127.0.0.1:9/v1", credential: x}
models:
  small: {provider: home, tier: small, price: free, abilities: [], context: 60}
  strong: {provider: up, tier: strong, price: {input: $2.50, output: $10}}
  gpt-4o: {route: auto, ceiling: strong}
"""
LONG = "word " * 100


def halfpenny(folder: Path, *words: str) -> tuple[int, str]:
    """Exit status and output."""
    path = folder / "config.yaml"
    path.write_text(CONFIG)
    parser = ArgumentParser()
    explain.add(parser.add_subparsers())
    args = parser.parse_args(["explain", *words])
    args.config, args.environ = path, {}
    out = io.StringIO()
    return explain.run(args, out), out.getvalue()


def test_every_candidate_is_shown_with_its_worth(tmp_path: Path) -> None:
    status, out = halfpenny(tmp_path, "hi", "--max-tokens", "100")
    assert status == 0
    assert "P(good)" in out
    assert "'auto' chose " in out
    for model in ("small", "strong"):
        assert f"  {model} " in out
    assert "strong is the baseline" in out


def test_what_a_gate_stopped_is_told_with_the_reason(tmp_path: Path) -> None:
    _, out = halfpenny(tmp_path, LONG, "--model", "gpt-4o")
    assert "- small has too short a context" in out


def test_a_named_model_needs_no_reading(tmp_path: Path) -> None:
    _, out = halfpenny(tmp_path, "hi", "--model", "strong")
    assert out.startswith("What was decided\n  The client asked for strong by name.\n")


def test_as_json_with_a_system_message(tmp_path: Path) -> None:
    _, short = halfpenny(tmp_path, "hi", "--max-tokens", "100", "--json")
    _, long = halfpenny(tmp_path, "hi", "--max-tokens", "100", "--system", LONG, "--json")
    told, other = json.loads(short), json.loads(long)

    assert set(told["opinion"]["good"]) == {"small", "strong"}
    costs = {one["model"]: one["cost"] for one in told["choice"]["candidates"]}
    size = len('{"model":"auto","messages":[{"role":"user","content":"hi"}],"max_tokens":100}')
    assert costs == {"small": 0, "strong": size // 4 * 2_500 + 100 * 10_000}
    assert other["choice"]["left_out"] == [{"model": "small", "why": "has too short a context"}]


def test_the_prompt_may_come_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(LONG))
    assert "too short a context" in halfpenny(tmp_path, "-")[1]


def test_what_would_be_refused_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert halfpenny(tmp_path, "hi", "--model", "stong") == (1, "")
    assert "refused with 404: The model 'stong' does not exist here. Nearest: strong" in capsys.readouterr().err
    assert halfpenny(tmp_path, "hi", "--max-tokens", "-5") == (1, "")
    assert "refused with 400" in capsys.readouterr().err
