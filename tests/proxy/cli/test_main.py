"""The command as an operator runs it: `python -m proxy …` in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.cli import foreign, installed

ROOT = Path(__file__).resolve().parents[3]


def halfpenny(folder: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "HALFPENNY_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT), **extra}
    command = [sys.executable, "-m", "proxy", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)


def test_help_names_every_command(tmp_path: Path) -> None:
    told = halfpenny(tmp_path, "--help")
    assert told.returncode == 0
    for command in ("serve", "check", "explain", "keys", "usage", "requests"):
        assert f"\n    {command} " in told.stdout
        assert "--config PATH" in halfpenny(tmp_path, command, "--help").stdout


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    script = "import sys, proxy.cli; print([m for m in ('litestar', 'uvicorn', 'numpy', 'torch') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout == "[]\n"


def test_check_prints_what_is_served_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-secret-1\nHALFPENNY_MODELS__DEMO__PROVIDER=local\n")
    told = halfpenny(tmp_path, "check", OPENAI_API_KEY="sk-secret-2")
    assert told.returncode == 0, told.stderr
    shown = " ".join(told.stdout.split())
    assert "openai on, https://api.openai.com/v1" in shown
    assert "gpt-4o-mini openai, $0.15 in, $0.60 out per million tokens" in shown
    assert "month $200 a month (UTC) for all keys together, alert at 70%, stop at 95%" in shown
    assert "secret" not in told.stdout + told.stderr
    without = halfpenny(tmp_path, "check", OPENAI_API_KEY="")
    assert "openai off: its credential is empty" in " ".join(without.stdout.split())
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["check", "serve"])
def test_mistakes_end_the_command_with_all_lines(tmp_path: Path, command: str) -> None:
    (tmp_path / "bad.yaml").write_text("server: {prot: 1}\nmodels:\n  a: {provider: b}\n")
    told = halfpenny(tmp_path, command, "--config", "bad.yaml")
    assert told.returncode == 1
    assert told.stderr.startswith("bad.yaml: 2 mistakes\n  bad.yaml:1  server.prot: unknown field\n")
    assert "bad.yaml:3  models.a.provider: there is no provider `b`" in told.stderr


def test_check_doubts_a_model_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("providers: {a: {dialect: engine, model: none.gguf}}\n")
    assert "there is no file none.gguf" in halfpenny(tmp_path, "check").stdout
    (tmp_path / "none.gguf").write_bytes(b"JUNK")
    assert "none.gguf is not a GGUF file" in halfpenny(tmp_path, "check").stdout


def test_the_data_folder_is_private_and_keys_use_the_one_that_dotenv_names(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"HALFPENNY_DATA={tmp_path / 'elsewhere'}\n")
    told = halfpenny(tmp_path, "keys", "create", "alice", HALFPENNY_DATA=str(tmp_path / "real"))
    assert told.returncode == 0, told.stderr
    assert "sk-hp-" in told.stdout
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "elsewhere").exists()


def test_a_foreign_package_of_our_name_is_found_and_explained() -> None:
    assert installed("pytest")
    assert not installed("no-such-distribution-anywhere")
    assert "pip uninstall proxy.py" in foreign("proxy.py")


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    told = halfpenny(tmp_path, "keys", "list", HALFPENNY_DATA=str(blocked / "data"))
    assert told.returncode == 1
    assert "Set HALFPENNY_DATA to a folder that can" in told.stderr


def test_explain_needs_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    told = halfpenny(tmp_path, "explain", "What is the capital of France?", OPENAI_API_KEY="", ANTHROPIC_API_KEY="")
    assert told.returncode == 0, told.stderr
    assert "'auto' chose demo" in told.stdout
    assert not (tmp_path / "data").exists()


def test_check_refuses_an_address_with_a_password_and_does_not_say_it(tmp_path: Path) -> None:
    address = "http://user:geheim@127.0.0.1:9/v1"
    (tmp_path / "config.yaml").write_text(f"providers:\n  up: {{dialect: openai, base_url: '{address}'}}\n")
    told = halfpenny(tmp_path, "check")
    assert told.returncode == 1
    assert "config.yaml:2  providers.up.base_url: it has a user in it" in told.stdout + told.stderr
    assert "geheim" not in told.stdout + told.stderr


def test_serve_refuses_keys_that_it_cannot_read_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("server: {port: 0}\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys.db").write_bytes(b"no database at all" * 50)
    told = halfpenny(tmp_path, "serve")
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "keys.db cannot be opened" in told.stderr
