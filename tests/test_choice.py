"""The choice over real sockets: fall over before the first byte, degrade only when told, obey the request's wishes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from routing.budget import Allowance
from tests.doubles import answers
from tests.doubles.house import TWO, House, house
from tests.doubles.upstream import Hang, Send, Upstream, chat_stream, refusal

HELLO = [{"role": "user", "content": "hi"}]


@pytest.fixture
async def second() -> AsyncIterator[Upstream]:
    """The upstream of `cheap`."""
    async with Upstream() as served:
        yield served


@pytest.fixture
async def home(upstream: Upstream, second: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """Two priced models at two upstreams."""
    config = TWO.format(first=upstream.base_url, second=second.base_url)
    async with house(tmp_path, config) as served:
        yield served


def ask(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": HELLO, "max_tokens": 50, **fields}


async def test_unchanged_code_is_routed_and_told_who_answered(client: httpx.AsyncClient, upstream: Upstream) -> None:
    answer = await client.post("/chat/completions", json=ask())

    assert answer.headers["x-halfpenny-model"] == "strong"
    assert answer.headers["x-halfpenny-route"] == "upstream"
    assert answer.headers["x-halfpenny-reason"].startswith("'auto:best' chose strong: expected quality 0.")
    assert upstream.requests[0].json()["model"] == "strong"


async def test_a_failing_first_choice_falls_over_before_the_first_byte_and_says_so(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream, home: House
) -> None:
    """F16."""
    upstream.script(*refusal("503 Service Unavailable", answers.error_body("down")))
    second.script(*chat_stream(["Par", "is."]))

    answer = await client.post("/chat/completions", json=ask(stream=True))

    assert answer.status_code == 200
    assert answer.headers["x-halfpenny-route"] == "fallback"
    assert answer.headers["x-halfpenny-model"] == "cheap"
    assert answer.headers["x-halfpenny-degraded"] == "outage"
    assert answer.headers["x-halfpenny-reason"].endswith(". strong could not answer (upstream_unavailable).")
    rows = home.rows()
    assert [(row["k"], row["model"], row["state"]) for row in rows] == [(0, "strong", "void"), (1, "cheap", "settled")]
    assert rows[0]["id"] == rows[1]["id"] == answer.headers["x-request-id"]
    assert rows[1]["cost"] == 9 * 150 + 2 * 600


async def test_a_first_choice_that_answers_at_its_second_try_is_no_fallback(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    upstream.script(*refusal("503 Service Unavailable", answers.error_body("busy")))

    answer = await client.post("/chat/completions", json=ask(model="strong"))

    assert answer.headers["x-halfpenny-route"] == "upstream"
    assert [row["state"] for row in home.rows()] == ["void", "settled"]


async def test_after_the_first_byte_there_is_no_second_answer(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream
) -> None:
    """F18."""
    broken = answers.stream_head() + answers.chunked(*answers.chat_events(["Par"])[:2], last=True)
    upstream.script(Send(broken))

    answer = await client.post("/chat/completions", json=ask(stream=True))

    assert json.loads(answer.text.strip().split("\n\n")[-1][6:])["error"]["code"] == "upstream_disconnected"
    assert second.requests == []


async def test_a_refused_request_is_nobody_elses_to_answer(
    client: httpx.AsyncClient, upstream: Upstream, second: Upstream
) -> None:
    upstream.script(*refusal("400 Bad Request", answers.error_body("no", param="messages")))

    assert (await client.post("/chat/completions", json=ask())).status_code == 400
    assert second.requests == []


async def test_three_failures_open_the_circuit_and_the_next_request_goes_elsewhere_at_once(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    for _ in range(3):
        upstream.script(*refusal("500 Internal Server Error", b"{}"))
        await client.post("/chat/completions", json=ask())

    answer = await client.post("/chat/completions", json=ask())

    assert len(upstream.requests) == 3
    assert answer.headers["x-halfpenny-degraded"] == "outage"
    assert "but it is failing" in answer.headers["x-halfpenny-reason"]


async def test_a_spent_budget_takes_the_cheaper_model_and_says_so(
    upstream: Upstream, second: Upstream, tmp_path: Path
) -> None:
    config = TWO.format(first=upstream.base_url, second=second.base_url)
    async with (
        house(tmp_path, config, own=Allowance(200_000, "day")) as home,
        httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}) as client,
    ):
        degraded = await client.post("/chat/completions", json=ask())
        refused = await client.post("/chat/completions", json=ask(max_tokens=5000))

    assert degraded.headers["x-halfpenny-model"] == "cheap"
    assert degraded.headers["x-halfpenny-degraded"] == "budget"
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
    assert "'key/tester'" in refused.json()["error"]["message"]


async def test_a_requests_own_wishes(client: httpx.AsyncClient, upstream: Upstream) -> None:
    local = await client.post("/chat/completions", json=ask(), headers={"x-halfpenny-route": "local"})
    cheap = await client.post("/chat/completions", json=ask(halfpenny={"max_cost_usd": 0.0001}))
    upstream.script(Hang())
    late = await client.post("/chat/completions", json=ask(), headers={"x-halfpenny-timeout-ms": "100"})

    assert (local.status_code, local.json()["error"]["param"]) == (400, "x-halfpenny-route")
    assert cheap.headers["x-halfpenny-model"] == "cheap"
    assert (late.status_code, late.json()["error"]["code"]) == (504, "upstream_timeout")
    assert "halfpenny" not in upstream.requests[-1].json()
