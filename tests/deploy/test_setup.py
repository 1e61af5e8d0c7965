"""ACCEL: what the set-up refuses before it makes or builds anything, and when make sets up again."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_an_unknown_accel_is_one_clear_sentence(tmp_path: Path) -> None:
    words = ["sh", str(ROOT / "deploy" / "setup.sh"), str(tmp_path / "venv")]
    done = subprocess.run(words, env={**os.environ, "ACCEL": "abacus"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "set-up: ACCEL=abacus is not known: choose cpu, cuda, metal, vulkan or rocm\n"
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(("accel", "again"), [("", False), ("cpu", False), ("cuda", True)])
def test_another_accel_than_was_built_sets_up_again(tmp_path: Path, accel: str, again: bool) -> None:
    (tmp_path / ".accel").write_text("cpu")
    (tmp_path / ".set-up-run").touch()
    os.utime(tmp_path / ".set-up-run", (2**31, 2**31))
    words = ["make", "-n", "run", f"VENV={tmp_path}", f"ACCEL={accel}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ("deploy/setup.sh" in done.stdout) == again
