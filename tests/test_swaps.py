"""`kill -HUP` over real sockets: what holds where a client says nothing is the new process's; what waits is named."""

import signal
from pathlib import Path
from typing import Any

import httpx

from tests.doubles import ggufs
from tests.doubles.engines import COUNTING
from tests.doubles.eventually import eventually
from tests.doubles.serving import Served, serving

CONFIG = """
server: {{port: 0}}
providers:
  home: {{dialect: engine, model: {counting}, {home}}}
  encoder: {{dialect: encoder, model: {axes}, {encoder}}}
models:
  home: {{provider: home}}
  axes: {{provider: encoder}}
"""


def post(served: Served, path: str, **fields: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {served.key}"}
    return httpx.post(f"{served.url}{path}", json=fields, headers=headers, timeout=60)


def counted(served: Served, **fields: Any) -> str:
    """What the model that never ends by itself says."""
    told = post(served, "/chat/completions", model="home", messages=[{"role": "user", "content": "hi"}], **fields)
    text: str = told.raise_for_status().json()["choices"][0]["message"]["content"]
    return text


async def test_defaults_change_with_the_process_and_what_cannot_is_told(tmp_path: Path) -> None:
    places = {
        "counting": ggufs.scripted(tmp_path / "counting.gguf", COUNTING, context=4096),
        "axes": ggufs.embedder(tmp_path / "axes.gguf"),
    }
    config = CONFIG.format(home="max_output: 3", encoder="threads: 1", **places)
    with serving(tmp_path, config) as served:
        assert len(counted(served).split()) == 3
        assert post(served, "/embeddings", model="axes", input="a", dimensions=2).status_code == 200

        fresh = CONFIG.format(home="max_output: 5", encoder="dimensions: none, cache_bytes: 0", **places)
        (tmp_path / "config.yaml").write_text(fresh + "budgets: [{name: all, limit: $5, window: month}]\n")
        served.process.send_signal(signal.SIGHUP)

        await eventually(lambda: len(counted(served).split()) == 5)
        assert len(counted(served, max_tokens=2).split()) == 2
        await eventually(lambda: post(served, "/embeddings", model="axes", input="b", dimensions=2).status_code == 400)
        refused = post(served, "/embeddings", model="axes", input="b", dimensions=2).json()["error"]
        assert (refused["param"], "exactly 32 dimensions" in refused["message"]) == ("dimensions", True)
        for route in ("local", "cache"):
            assert post(served, "/embeddings", model="axes", input="ab").headers["x-halfpenny-route"] == route
        told = (tmp_path / "stderr").read_text()
        assert "configuration read again: home, encoder changes" in told
        assert "until then it is as before: providers.encoder.cache_bytes, budgets\n" in told


def test_a_model_that_was_missing_at_the_start_is_served_after_the_file_was_named(tmp_path: Path) -> None:
    places = {"counting": ggufs.scripted(tmp_path / "counting.gguf", COUNTING), "axes": tmp_path / "nothing.gguf"}
    with serving(tmp_path, CONFIG.format(home="max_output: 3", encoder="threads: 1", **places)) as served:
        missing = post(served, "/embeddings", model="axes", input="a")
        assert (missing.status_code, missing.json()["error"]["code"]) == (503, "local_model_missing")
        places["axes"] = ggufs.embedder(tmp_path / "axes.gguf")
        (tmp_path / "config.yaml").write_text(CONFIG.format(home="max_output: 3", encoder="threads: 1", **places))
        served.process.send_signal(signal.SIGHUP)
        assert served_in_time(served)


def served_in_time(served: Served) -> bool:
    """Whether the encoder answers within some seconds."""
    return any(post(served, "/embeddings", model="axes", input="a").status_code == 200 for _ in range(500))
