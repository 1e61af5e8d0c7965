"""The build's progress: steps are read from ninja's and make's lines, and a failure shows the log's end."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "deploy" / "progress.py"


def run(script: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, PROGRAM, sys.executable, "-c", script], capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("line", "shown"),
    [("  [12/83] Building CXX object", "12/83 steps"), ("[ 14%] Building C object", "14/100 steps")],
)
def test_steps_are_shown_as_they_come(line: str, shown: str) -> None:
    code, out = run(f"print({line!r}); print('other words')")
    assert code == 0
    assert f"llama.cpp: {shown}, " in out
    assert "other words" not in out


def test_a_failed_build_shows_the_end_of_its_log() -> None:
    code, out = run("print('first'); print('\\n' * 80); print('fatal error: no compiler'); raise SystemExit(4)")
    assert code == 4
    assert "fatal error: no compiler" in out
    assert "first" not in out
