"""The HTTP worker as a process: a ledger that it must not use is refused in one sentence. F44."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.app import LEDGER

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("-m", "proxy.worker", "--config", "config.yaml", "--data", ".", "--run-folder", ".", "--fd")


@pytest.mark.parametrize("ledger", ["damaged", "a folder"])
def test_a_refused_ledger_is_told_in_one_line_and_left_alone(tmp_path: Path, ledger: str) -> None:
    (tmp_path / "config.yaml").write_text("server: {port: 0}\n")
    file = tmp_path / LEDGER
    file.write_bytes(b"no database at all" * 50) if ledger == "damaged" else file.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fd = listening.fileno()
        words = [sys.executable, *WORDS, str(fd)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(words, cwd=tmp_path, env=environ, pass_fds=(fd,), capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"halfpenny: {LEDGER} ")
    assert ended.stderr.count("\n") == 1
    assert file.is_dir() or file.read_bytes() == b"no database at all" * 50
