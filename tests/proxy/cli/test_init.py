"""`halfpenny init` writes a configuration once."""

from pathlib import Path

import pytest

from proxy.cli import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")


def test_what_it_writes_is_in_order_and_holds_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert main(["check"]) == 0
    told = capsys.readouterr().out
    assert "OPENAI_API_KEY" in told and "config.yaml is written" in told
    assert "sk-canary" not in told + (tmp_path / "config.yaml").read_text()


def test_it_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "config.yaml"
    kept.write_text("server: {port: 1}\n")
    assert main(["init"]) == 1
    assert kept.read_text() == "server: {port: 1}\n"
    assert "--print" in capsys.readouterr().err


def test_it_can_be_looked_at_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--print"]) == 0
    assert capsys.readouterr().out.startswith("# Halfpenny's configuration")
    assert not (tmp_path / "config.yaml").exists()
