"""Every Python and shell snippet of docs/clients.md, run as it stands there with the demo model; its YAML loads."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from proxy.config.load import parse
from tests.doubles.serving import Served, serving

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "clients.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHELL = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PRINTED = re.compile(r"# → (.*)$", re.MULTILINE)
PATIENCE = 120


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the whole page."""
    with serving(tmp_path_factory.mktemp("served")) as started:
        yield started


PYTHON_RUNS = [([sys.executable, "-c"], snippet) for snippet in PYTHON]
SHELL_RUNS = [
    pytest.param(["sh", "-c"], snippet, marks=pytest.mark.skipif(which("curl") is None, reason="curl is not installed"))
    for snippet in SHELL
]


@pytest.mark.parametrize(("words", "snippet"), [*PYTHON_RUNS, *SHELL_RUNS], ids=range(len(PYTHON) + len(SHELL)))
def test_a_snippet_prints_what_the_page_says(served: Served, words: list[str], snippet: str) -> None:
    environ = {**os.environ, "HALFPENNY_KEY": served.key}
    code = snippet.replace("127.0.0.1:8000", f"127.0.0.1:{served.port}")

    done = subprocess.run([*words, code], env=environ, capture_output=True, text=True, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == PRINTED.findall(snippet)


def test_every_snippet_says_what_it_prints() -> None:
    assert PYTHON
    assert SHELL
    assert all(PRINTED.search(snippet) for snippet in [*PYTHON, *SHELL])


@pytest.mark.parametrize("block", YAML, ids=range(len(YAML)))
def test_its_configurations_load(block: str) -> None:
    names = re.findall(r"\$\{(\w+):-\}", block)

    assert parse(block, dict.fromkeys(names, "a-secret"), "page").models
