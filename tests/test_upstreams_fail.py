"""Upstreams that refuse, over real sockets: who is waited for, who is asked again, who is not asked, what is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from routing.budget import Allowance
from tests.doubles import answers
from tests.doubles.eventually import eventually
from tests.doubles.house import TWO, House, house
from tests.doubles.upstream import Script, Upstream, refusal, sensible

HELLO = [{"role": "user", "content": "hi"}]
EMPTY = refusal("429 Too Many Requests", answers.error_body("pay", code="insufficient_quota"))
NO_KEY = refusal("401 Unauthorized", answers.error_body("your key one is wrong", code="invalid_api_key"))
DOWN = refusal("503 Service Unavailable", answers.error_body("down"))


def slow_down(seconds: str) -> Script:
    return refusal("429 Too Many Requests", answers.error_body("slow"), headers=f"retry-after: {seconds}\r\n")


def ask(model: str = "strong", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": HELLO, "max_tokens": 50, **fields}


@pytest.fixture
async def second() -> AsyncIterator[Upstream]:
    """The upstream of `cheap`."""
    async with Upstream() as served:
        yield served


@pytest.fixture
async def home(upstream: Upstream, second: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """Two priced models at two upstreams; `gpt-4o` is either."""
    async with house(tmp_path, TWO.format(first=upstream.base_url, second=second.base_url)) as served:
        yield served


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_f14_a_long_wait_is_the_clients_and_nobody_asks_meanwhile(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    upstream.script(*slow_down("20"))

    first, second = [await client.post("/chat/completions", json=ask()) for _ in range(2)]

    assert code(first) == code(second) == (429, "rate_limit_exceeded")
    assert first.headers["retry-after"] == "20"
    assert 10 <= int(second.headers["retry-after"]) <= 20
    assert first.headers["x-should-retry"] == "true"
    assert len(upstream.requests) == 1
    assert [(row["state"], row["cost"]) for row in home.rows()] == [("void", 0)]


async def test_f14_a_short_wait_is_ours_once(client: httpx.AsyncClient, upstream: Upstream, home: House) -> None:
    upstream.script(*slow_down("0.2"))
    assert (await client.post("/chat/completions", json=ask())).status_code == 200

    upstream.script(*slow_down("0.2"))
    upstream.script(*slow_down("0.2"))
    assert code(await client.post("/chat/completions", json=ask())) == (429, "rate_limit_exceeded")
    assert [row["state"] for row in home.rows()] == ["void", "settled", "void", "void"]


async def test_f14_no_wait_is_longer_than_the_requests_own_time(client: httpx.AsyncClient, upstream: Upstream) -> None:
    upstream.script(*slow_down("1.9"))

    answer = await client.post("/chat/completions", json=ask(), headers={"x-halfpenny-timeout-ms": "1500"})

    assert code(answer) == (429, "rate_limit_exceeded")


async def test_f14_another_candidate_is_asked_at_once(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream
) -> None:
    upstream.script(*slow_down("20"))

    for _ in range(2):
        answer = await client.post("/chat/completions", json=ask("gpt-4o"))
        assert answer.headers["x-halfpenny-model"] == "cheap"
    assert (len(upstream.requests), len(second.requests)) == (1, 2)


async def test_f14_when_all_ask_to_wait_the_shortest_wait_is_told(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream
) -> None:
    upstream.script(*slow_down("60"))
    second.script(*slow_down("30"))
    assert (await client.post("/chat/completions", json=ask("gpt-4o"))).status_code == 429

    answer = await client.post("/chat/completions", json=ask("gpt-4o"))

    assert code(answer) == (429, "rate_limit_exceeded")
    assert 20 <= int(answer.headers["retry-after"]) <= 30
    assert (len(upstream.requests), len(second.requests)) == (1, 1)


@pytest.mark.parametrize(
    ("said", "told"),
    [(EMPTY, (503, "upstream_quota_exhausted")), (NO_KEY, (502, "upstream_auth"))],
    ids=["F15", "F17"],
)
async def test_f15_f17_what_the_operator_must_mend_is_asked_once_told_once_and_stood_in_for(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream, home: House, said: Script, told: tuple[int, str]
) -> None:
    upstream.respond = lambda _: said

    for _ in range(3):
        answer = await client.post("/chat/completions", json=ask())
        assert code(answer) == told
        assert answer.headers["x-should-retry"] == "false"
        assert "one" not in answer.json()["error"]["message"].split()
    routed = await client.post("/chat/completions", json=ask("gpt-4o"))

    assert routed.headers["x-halfpenny-model"] == "cheap"
    assert (len(upstream.requests), len(second.requests)) == (1, 1)
    assert [row["state"] for row in home.rows()] == ["void", "settled"]
    lines = await eventually(lambda: [line for line in home.log.read_text().splitlines() if '"ejected"' in line])
    assert [json.loads(line) for line in lines] == [{"event": "ejected", "model": "strong", "why": told[1]}]


async def test_f16_a_failing_upstream_is_tried_once_more_and_costs_nothing(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    for status in ("500 Internal Server Error", "502 Bad Gateway", "529 Overloaded"):
        upstream.script(*refusal(status, b"{}"))
        assert (await client.post("/chat/completions", json=ask())).status_code == 200

    assert [row["state"] for row in home.rows()] == ["void", "settled"] * 3


async def test_f16_an_outage_is_not_multiplied_by_retries(client: httpx.AsyncClient, upstream: Upstream) -> None:
    upstream.respond = lambda _: DOWN

    crowd = await asyncio.gather(*(client.post("/chat/completions", json=ask()) for _ in range(40)))

    assert {code(answer) for answer in crowd} == {(503, "upstream_unavailable")}
    assert 40 < len(upstream.requests) < 70


async def test_f28_when_all_are_failing_they_are_tried_all_the_same(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream
) -> None:
    upstream.respond = second.respond = lambda _: DOWN
    for _ in range(4):
        assert code(await client.post("/chat/completions", json=ask("gpt-4o"))) == (503, "upstream_unavailable")
    second.respond = sensible

    assert (await client.post("/chat/completions", json=ask("gpt-4o"))).headers["x-halfpenny-model"] == "cheap"


async def test_f28_when_nobody_may_be_asked_it_is_told_with_a_time(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream
) -> None:
    upstream.script(*NO_KEY)
    second.script(*slow_down("20"))
    await client.post("/chat/completions", json=ask("gpt-4o"))

    answer = await client.post("/chat/completions", json=ask("gpt-4o"))

    assert code(answer) == (503, "no_upstream_available")
    assert 10 <= int(answer.headers["retry-after"]) <= 20
    assert (len(upstream.requests), len(second.requests)) == (1, 1)


async def test_f12_who_cannot_be_reached_is_stood_in_for_and_costs_nothing(tmp_path: Path, second: Upstream) -> None:
    config = TWO.format(first="http://127.0.0.1:1/v1", second=second.base_url)
    async with house(tmp_path, config) as home:
        headers = {"authorization": f"Bearer {home.key}"}
        async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=30) as client:
            alone = await client.post("/chat/completions", json=ask())
            routed = await client.post("/chat/completions", json=ask("gpt-4o"))
        rows = home.rows()

    assert code(alone) == (502, "upstream_unreachable")
    assert routed.headers["x-halfpenny-model"] == "cheap"
    assert [row["state"] for row in rows] == ["void", "void", "void", "settled"]


async def test_f27_a_redirect_is_not_followed(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream, home: House
) -> None:
    upstream.script(*refusal("302 Found", b"", headers=f"location: {second.base_url}/chat/completions\r\n"))

    assert code(await client.post("/chat/completions", json=ask())) == (502, "upstream_malformed")
    assert second.requests == []


async def test_f29_a_stand_in_that_nobody_can_afford_is_passed_over(upstream: Upstream, tmp_path: Path) -> None:
    """The first choice is the cheaper one; the dearer takes a hold of its own before it is asked, or is not asked."""
    async with Upstream() as dearer:
        config = TWO.format(first=dearer.base_url, second=upstream.base_url)
        async with house(tmp_path, config, own=Allowance(300_000, "day")) as home:
            upstream.respond = lambda _: DOWN
            headers = {"authorization": f"Bearer {home.key}"}
            async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=30) as client:
                answer = await client.post("/chat/completions", json=ask("auto:cheap"))
            rows = home.rows()

        assert code(answer) == (503, "upstream_unavailable")
        assert dearer.requests == []
        assert {row["model"] for row in rows} == {"cheap"}
        assert {row["state"] for row in rows} == {"void"}
