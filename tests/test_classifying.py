"""The query classifier in the real program: open to the loopback in development, a model of one's own in a child."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.sequence_classifiers import reference, sequence_classifier
from tests.doubles.serving import ROOT, serving

TEXTS = ["Summarize this article", "Write a poem about autumn", "what is the capital"]
CONFIG = """
server: {{port: 0}}
providers: {{}}
models: {{}}
budgets:
  - {{name: trying, key: development, window: day, limit: $1}}
classify: {{model_path: "{folder}", confidence_threshold: 0}}
"""


def checks(url: str) -> Any:
    return httpx.get(f"{url}/health/deep").json()["checks"]


def test_s2s_curl_gets_its_own_models_label_without_a_key(tmp_path: Path) -> None:
    """Loaded in a child while the shipped head answers; then label and confidence are transformers' own."""
    folder = sequence_classifier(tmp_path / "router")
    with serving(tmp_path, CONFIG.format(folder=folder)) as served:
        url = f"http://127.0.0.1:{served.port}"
        until = time.monotonic() + 60
        while checks(url)["model"]["status"] != "healthy" and time.monotonic() < until:
            early = httpx.post(f"{url}/v1/query-classify", json={"text": "early"})
            assert early.status_code == 200 and early.headers["x-router-model"] in ("shipped", "router")
        for text in TEXTS:
            answer = httpx.post(f"{url}/v1/query-classify", json={"text": text})
            fast, slow = reference(folder, text)
            assert answer.headers["x-router-model"] == "router"
            assert answer.json()["label"] == ("1" if slow >= 0.5 else "0")
            assert answer.json()["confidence"] == pytest.approx(max(fast, slow), abs=1e-4)
        said = checks(url)
        assert (said["model"]["answers"], said["model"]["architecture"], said["model"]["device"]) == (
            "router",
            "bert",
            "cpu",
        )
        assert (said["batch"]["status"], said["batch"]["max_size"]) == ("healthy", 32)
        (child,) = served.children("providers.labelling.worker")
        (worker,) = served.children("proxy.worker")
        assert "libtorch" in Path(f"/proc/{child}/maps").read_text()
        assert "libtorch" not in Path(f"/proc/{worker}/maps").read_text()


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("doors: {anonymous_key: nobody}", "there is no such key"),
        ("doors: {anonymous_key: development}", "which has no budget"),
    ],
)
def test_a_door_that_could_be_spent_through_without_end_is_not_opened(tmp_path: Path, extra: str, said: str) -> None:
    (tmp_path / "config.yaml").write_text(f"server: {{port: 0}}\n{extra}\n")
    environ = {**os.environ, "HALFPENNY_DATA": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "proxy", "serve", "--development", "--config", "config.yaml"]
    done = subprocess.run(words, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert said in done.stderr
