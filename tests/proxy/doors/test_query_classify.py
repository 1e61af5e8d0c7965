"""`POST /v1/query-classify` over HTTP: S2's shapes, errors, batches, explanations, and who may ask."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.eventually import in_time
from tests.doubles.house import PRICED, House, house
from tests.doubles.redis_server import MISSING, PROGRAM, RedisServer

PATH = "/v1/query-classify"
CONFIG = (
    PRICED.format(url="http://127.0.0.1:1/v1")
    + """
budgets:
  - {name: guests, key: tester, window: day, limit: $1}
limits:
  - {name: each, per_key: true, requests_per_minute: 500}
"""
)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, CONFIG) as opened:
        yield opened


async def ask(home: House, body: Any, path: str = PATH, key: str | None = None, **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {home.key if key is None else key}"} if key != "" else {}
    given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{home.port}", headers=headers) as client:
        return await client.request(more.pop("method", "POST"), path, **given, **more)


async def test_a_text_gets_a_label_a_confidence_and_the_latency(home: House) -> None:
    answer = await ask(home, {"text": "Summarize this article", "extra": "ignored"})
    assert answer.status_code == 200
    assert list(answer.json()) == ["label", "confidence"]
    assert answer.json()["label"] in ("0", "1") and 0.5 <= answer.json()["confidence"] <= 1
    assert float(answer.headers["x-router-latency"]) > 0
    assert answer.headers["x-router-model"] == "shipped"
    assert answer.headers["x-ratelimit-limit-requests"] == "500"
    assert (await ask(home, {"text": "Summarize this article"})).json() == answer.json()


async def test_simple_and_creative_tasks_are_told_apart(home: House) -> None:
    texts = ["Summarize the following paragraph in one sentence.", "Write a short story about a lighthouse keeper."]
    answer = (await ask(home, {"text": texts})).json()
    assert [each["label"] for each in answer] == ["0", "1"]


async def test_several_texts_get_a_list_in_their_order(home: House) -> None:
    texts = ["Summarize this article", "Write a poem", "Summarize this article"]
    several = (await ask(home, {"text": texts})).json()
    assert several == [(await ask(home, {"text": text})).json() for text in texts]
    assert len((await ask(home, {"text": ["Write a poem"]})).json()) == 1


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "text", "missing_required_parameter"),
        ({"text": ""}, "text", "invalid_value"),
        ({"text": " \n"}, "text", "invalid_value"),
        ({"text": 7}, "text", "invalid_value"),
        ({"text": []}, "text", "invalid_value"),
        ({"text": ["a", ""]}, "text", "invalid_value"),
        ({"text": ["a"] * 257}, "text", "invalid_value"),
        (b"{", None, "invalid_json"),
        (b'{"text": "\xff"}', None, "invalid_json"),
        (b"[1]", None, "invalid_json"),
    ],
)
async def test_what_is_no_text_is_a_400_of_openais_shape(home: House, body: Any, param: str | None, code: str) -> None:
    answer = await ask(home, body)
    assert answer.status_code == 400
    assert (answer.json()["error"]["param"], answer.json()["error"]["code"]) == (param, code)
    assert answer.headers["x-request-id"]


async def test_another_method_is_a_405_and_a_huge_body_a_413(home: House) -> None:
    assert (await ask(home, b"", method="GET")).status_code == 405
    assert (await ask(home, b"x" * (10 * 1024 * 1024 + 1))).status_code == 413


async def test_explained_it_says_what_auto_would_do_and_spends_nothing(home: House) -> None:
    answer = (await ask(home, {"text": "Write a poem about autumn"}, path=f"{PATH}?explain=1")).json()
    assert (answer["head"], answer["source"], answer["language"]) == ("shipped", "shipped", "en")
    assert sum(answer["tasks"].values()) == pytest.approx(1, abs=0.01)
    assert answer["probabilities"][answer["label"]] == answer["confidence"]
    assert list(answer["p_good"]) == ["paid"] and 0 < answer["p_good"]["paid"] < 1
    decision = answer["decision"]
    assert (decision["model"], decision["route"], decision["degraded"]) == ("paid", "upstream", None)
    assert decision["reason"].startswith("'auto' chose paid: expected quality")
    assert decision["candidates"][0]["expected_quality"] == answer["p_good"]["paid"]
    assert decision["candidates"][0]["cost_usd"] > 0
    assert home.rows() == []


async def test_a_key_is_needed_unless_one_is_named_for_those_without(home: House, tmp_path: Path) -> None:
    for key in ("", "sk-hp-wrong"):
        refused = await ask(home, {"text": "a"}, key=key)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    (tmp_path / "open").mkdir()
    async with house(tmp_path / "open", CONFIG + "doors: {anonymous_key: tester}\n") as open:
        assert (await ask(open, {"text": "a"}, key="")).status_code == 200
        assert (await ask(open, {"text": "a"}, key="sk-hp-wrong")).status_code == 401
        chat = await ask(open, {"model": "paid", "messages": []}, path="/v1/chat/completions", key="")
        assert chat.status_code == 401


async def test_the_threshold_is_configurable(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG + "classify: {confidence_threshold: 1}\n") as home:
        answer = (await ask(home, {"text": "Summarize this article"})).json()
        assert answer["label"] == "1" and answer["confidence"] > 0.7


@pytest.mark.skipif(not PROGRAM, reason=MISSING)
async def test_replicas_with_one_redis_share_labels_and_do_without_it_too(tmp_path: Path) -> None:
    with RedisServer() as server:
        config = CONFIG + f"classify: {{redis_url: '{server.url}'}}\n"
        for place in ("one", "other"):
            (tmp_path / place).mkdir()
        async with house(tmp_path / "one", config) as one, house(tmp_path / "other", config) as other:
            new = (f"Summarize article {number}" for number in itertools.count())
            await in_time(lambda: _shared(one, other, next(new)))
            server.kill()
            assert (await ask(one, {"text": "Write a poem"})).json()["label"] == "1"


async def _shared(one: House, other: House, text: str) -> bool:
    """Whether the other one has its label from Redis, which is not waited for when it is slow."""
    first = (await ask(one, {"text": text})).json()
    again = (await ask(other, {"text": text}, path=f"{PATH}?explain=1")).json()
    assert again["confidence"] == first["confidence"]
    return bool(again["source"] == "l2")


async def test_rate_limits_hold_here_too(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG.replace("500", "1")) as home:
        assert [(await ask(home, {"text": "a"})).status_code for _ in range(2)] == [200, 429]


async def test_health_and_metrics_speak_of_it(home: House) -> None:
    for _ in range(2):
        await ask(home, {"text": "Summarize this article"})
    deep = (await ask(home, b"", method="GET", path="/health/deep")).json()
    checks = deep["checks"]
    assert deep["status"] == "healthy"
    assert (checks["model"]["status"], checks["model"]["answers"], checks["batch"]["status"]) == (
        "healthy",
        "shipped",
        "off",
    )
    assert (checks["cache"]["l1"]["entries"], checks["cache"]["l1"]["hits"], checks["cache"]["l2"]["status"]) == (
        1,
        1,
        "off",
    )
    assert (await ask(home, b"", method="GET", path="/health/ready")).json()["model"] == "shipped"
    metrics = (await ask(home, b"", method="GET", path="/metrics")).text
    assert 'halfpenny_classify_texts_total{label="0",source="l1"} 1.0' in metrics
    assert 'halfpenny_classify_seconds_count{source="shipped"} 1.0' in metrics
