"""Whatever a local model does, `halfpenny serve` answers for the others: hang, hostile file, hostile template."""

import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.eventually import eventually
from tests.doubles.serving import Served, serving

LOOP = "{{% for {0} in range(9999) %}}"
BOMB = "".join(map(LOOP.format, "abc")) + 3 * "{% endfor %}"
CONFIG = """
server: {{port: 0}}
providers:
  good: {{dialect: engine, model: demo}}
  bad: {{dialect: engine, {bad}}}
models:
  good: {{provider: good}}
  bad: {{provider: bad}}
"""


def ask(served: Served, model: str, **fields: Any) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "What is the capital of France?"}], **fields}
    headers = {"authorization": f"Bearer {served.key}"}
    return httpx.post(f"{served.url}/chat/completions", json=body, headers=headers, timeout=60)


def deep(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{served.url.removesuffix('/v1')}/health/deep").json()
    return found


def assert_good(served: Served) -> None:
    answer = ask(served, "good")
    assert "Paris" in answer.json()["choices"][0]["message"]["content"]


def assert_503(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.json()["error"]["code"].startswith("local_model_")
    assert int(answer.headers["retry-after"]) >= 1


def test_f75_a_hostile_file_is_one_models_503(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF\3\0\0\0" + b"\xff" * 64)
    with serving(tmp_path, CONFIG.format(bad=f"model: {tmp_path / 'bad.gguf'}")) as served:
        assert "bad: NOT SERVED" in served.banner
        assert_503(ask(served, "bad"))
        assert_good(served)
        told = deep(served)
        assert (told["status"], told["engines"]["bad"]["state"]) == ("degraded", "refused")
        assert told["engines"]["good"]["state"] == "ready"
        assert str(tmp_path) not in str(told)


def test_f75_f80_a_template_that_never_ends_is_ended_and_the_others_are_answered(tmp_path: Path) -> None:
    bad = f'model: demo, stall: 0.3, chat_template: "{BOMB}"'
    with serving(tmp_path, CONFIG.format(bad=bad)) as served:
        assert_503(ask(served, "bad"))
        assert_good(served)
        assert "Timeout" in (tmp_path / "stderr").read_text()
        assert deep(served)["engines"]["bad"]["crashes"] >= 1


async def test_a_first_use_model_wakes_serves_and_sleeps(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(bad="model: demo, load: first_use, idle_unload: 0.2")) as served:
        assert "bad: loads with the first request, demo" in served.banner
        assert deep(served)["engines"]["bad"]["pid"] is None
        assert ask(served, "bad").status_code == 200
        await eventually(lambda: deep(served)["engines"]["bad"]["state"] == "idle")
        assert ask(served, "bad").status_code == 200
        assert deep(served)["status"] == "healthy"


async def test_sighup_swaps_a_model_and_keeps_the_rest_when_the_file_is_broken(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(bad="model: demo")) as served:
        first = deep(served)["engines"]["bad"]["pid"]
        (tmp_path / "config.yaml").write_text("nonsense: [")
        served.process.send_signal(signal.SIGHUP)
        await eventually(lambda: "is not read again" in (tmp_path / "stderr").read_text())
        (tmp_path / "config.yaml").write_text(CONFIG.format(bad="model: demo, slots: 2"))
        good = deep(served)["engines"]["good"]["pid"]
        served.process.send_signal(signal.SIGHUP)
        await eventually(lambda: deep(served)["engines"]["bad"]["pid"] != first)
        assert ask(served, "bad").status_code == 200
        assert deep(served)["engines"]["good"]["pid"] == good
        os.kill(good, 0)


@pytest.mark.parametrize(("path", "status"), [("live", "live"), ("ready", "ready"), ("deep", "healthy")])
def test_health_pages(tmp_path: Path, path: str, status: str) -> None:
    with serving(tmp_path) as served:
        answer = httpx.get(f"{served.url.removesuffix('/v1')}/health/{path}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
