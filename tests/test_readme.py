"""Every command and every configuration in the README, run as they stand there (`make test` itself left out)."""

import os
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from proxy.config.load import parse

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
FIRST = "make run"
PATIENCE = 600


def blocks(language: str) -> list[str]:
    """The README's code in that language, without its indentation."""
    text = (ROOT / "README.md").read_text()
    return [textwrap.dedent(found[3]) for found in BLOCK.finditer(text) if found[2] == language]


class Newcomer(Struct, frozen=True):
    """Somebody who has typed `make run`: their environment and where it listens."""

    environ: dict[str, str]
    port: int

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as it stands in the README, but for the port and the virtual environment's place."""
        command = command.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}").replace(".venv/", f"{sys.prefix}/")
        words = ["bash", "-euo", "pipefail", "-c", command]
        return subprocess.run(words, env=self.environ, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """`make run`, until its banner is printed."""
    data = tmp_path_factory.mktemp("newcomer") / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "HALFPENNY_DATA": str(data), "PORT": str(port), "VENV": sys.prefix}
    running = subprocess.Popen(FIRST.split(), env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        banner = _until_next(running.stdout)
        key = re.search(r"sk-hp-[\w-]+", banner)
        assert key, banner
        yield Newcomer({**environ, "HALFPENNY_KEY": key[0]}, port)
    finally:
        running.terminate()
        running.communicate(timeout=30)


def _until_next(lines: Iterator[str]) -> str:
    text = ""
    for line in lines:
        text += line
        if line.startswith("  3."):
            break
    return text


def test_the_first_command_is_make_run() -> None:
    assert blocks("sh")[0].strip() == FIRST


@pytest.mark.parametrize("block", blocks("sh")[1:], ids=lambda block: " ".join(block.split()[:3]))
def test_commands(newcomer: Newcomer, block: str) -> None:
    done = newcomer.types(block)

    assert done.returncode == 0, done.stderr
    assert '"error"' not in done.stdout
    if "chat/completions" in block:
        assert '"content":"The' in done.stdout
        assert done.stdout.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.split("\n")[1])
def test_python(newcomer: Newcomer, block: str) -> None:
    code = block.replace("127.0.0.1:8000", f"127.0.0.1:{newcomer.port}")

    done = subprocess.run(
        [sys.executable, "-c", code], env=newcomer.environ, capture_output=True, text=True, timeout=120
    )

    assert done.stdout.splitlines() == re.findall(r"^# prints: (.*)$", block, re.MULTILINE), done.stderr


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.split(":")[0])
def test_configurations_are_in_order(block: str) -> None:
    parse(block, {"OPENAI_API_KEY": "sk-x"}, "README.md")
