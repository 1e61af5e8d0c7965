"""Every Python snippet of docs/clients.md, run as it stands there against the demo model; its configurations load."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.config.load import parse
from tests.doubles.serving import Served, serving

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "clients.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PRINTED = re.compile(r"# → (.*)$", re.MULTILINE)
PATIENCE = 120


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the whole page."""
    with serving(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.mark.parametrize("snippet", PYTHON, ids=range(len(PYTHON)))
def test_a_snippet_prints_what_the_page_says(served: Served, snippet: str) -> None:
    environ = {**os.environ, "HALFPENNY_KEY": served.key}
    code = snippet.replace("127.0.0.1:8000", f"127.0.0.1:{served.port}")

    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == PRINTED.findall(snippet)


def test_every_snippet_says_what_it_prints() -> None:
    assert PYTHON
    assert all(PRINTED.search(snippet) for snippet in PYTHON)


@pytest.mark.parametrize("block", YAML, ids=range(len(YAML)))
def test_its_configurations_load(block: str) -> None:
    names = re.findall(r"\$\{(\w+):-\}", block)

    assert parse(block, dict.fromkeys(names, "a-secret"), "page").models
