"""Whatever a local model does, `halfpenny serve` answers for the others: hang, hostile file, hostile template."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.schemas.hostile import NAMED
from providers.engine.llama import has_gpu
from tests.doubles.eventually import eventually
from tests.doubles.serving import Served, serving

LOOP = "{{% for {0} in range(9999) %}}"
BOMB = "".join(map(LOOP.format, "abc")) + 3 * "{% endfor %}"
DOUBLING = "{% set n = namespace(x=9999 * 'a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
SCHEMAS = 40
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


def last_exit(served: Served, said: str) -> bool:
    return said in (deep(served)["engines"]["bad"].get("last_exit") or "")


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


def test_f75_a_template_that_takes_all_memory_is_stopped_and_the_others_are_answered(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(bad=f'model: demo, load: first_use, chat_template: "{DOUBLING}"')) as served:
        answer = ask(served, "bad")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "chat_template_refused")
        assert "is stopped: it takes" in answer.json()["error"]["message"]  # more memory, or on a busy machine longer
        assert_good(served)
        assert deep(served)["engines"]["bad"]["crashes"] == 0


def test_hostile_schemas_are_answered_or_refused_and_nothing_crashes(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(bad="model: demo")) as served:
        statuses = []
        for schema in NAMED[:SCHEMAS]:
            wish = {"name": "x", "strict": True, "schema": schema}
            answer = ask(served, "bad", max_tokens=8, response_format={"type": "json_schema", "json_schema": wish})
            statuses.append(answer.status_code)
        assert set(statuses) == {200, 400}
        assert_good(served)
        assert deep(served)["engines"]["bad"]["crashes"] == 0


@pytest.mark.skipif(has_gpu(), reason="this llama.cpp has a GPU to take them")
def test_layers_without_a_gpu_are_refused_at_the_start_with_the_fix(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(bad="model: demo, gpu_layers: 20")) as served:
        (line,) = (line for line in served.banner.splitlines() if "bad: NOT SERVED" in line)
        assert "`gpu_layers: 20` needs llama.cpp with a GPU backend" in line and "ACCEL=cuda make run" in line
        assert_503(ask(served, "bad"))
        assert_good(served)


async def test_f79_f80_abort_oom_kill_and_hang_open_the_circuit_and_the_others_are_answered(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(bad="model: demo, stall: 0.5")) as served:
        for said in ("SIGABRT", "SIGKILL"):
            os.kill(deep(served)["engines"]["bad"]["pid"], signal.Signals[said])
            await eventually(partial(last_exit, served, said))
            assert_good(served)
            await eventually(lambda: ask(served, "bad").status_code == 200)
        os.kill(deep(served)["engines"]["bad"]["pid"], signal.SIGSTOP)
        assert_good(served)
        await eventually(lambda: deep(served)["engines"]["bad"]["state"] == "open")
        told = deep(served)
        assert (told["status"], told["engines"]["bad"]["crashes"]) == ("degraded", 3)
        assert_503(ask(served, "bad"))
        assert_good(served)


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
