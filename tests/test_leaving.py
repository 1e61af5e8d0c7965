"""Clients that leave, ask twice, or ask again because they lost patience: each attempt has one row, paid once."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.doubles import answers
from tests.doubles.eventually import eventually, in_time
from tests.doubles.house import House
from tests.doubles.upstream import Hang, Pause, Send, Upstream

TRIALS = 20


def ask(**fields: Any) -> dict[str, Any]:
    return {"model": "paid", "messages": [{"role": "user", "content": "hi"}], **fields}


def settled(home: House, count: int) -> Callable[[], list[dict[str, Any]]]:
    """The ledger's rows, when `count` of them are final."""

    def final() -> list[dict[str, Any]]:
        rows = [row for row in home.rows() if row["state"] != "held"]
        return rows if len(rows) >= count else []

    return final


@pytest.mark.parametrize("begun", [True, False], ids=["F01 mid-stream", "F02 before the first token"])
async def test_f01_f02_whoever_leaves_closes_the_upstream_and_has_one_row(
    client: httpx.AsyncClient, upstream: Upstream, home: House, begun: bool
) -> None:
    said = answers.stream_head() + answers.chunked(*answers.chat_events(["Hello"])[:2], last=False)
    for _ in range(TRIALS):
        upstream.script(*((Send(said),) if begun else ()), Hang())
        upstream.arrived.clear()
        upstream.gone.clear()
        if begun:
            async with client.stream("POST", "/chat/completions", json=ask(stream=True)) as answer:
                assert answer.status_code == 200
        else:
            asking = asyncio.create_task(client.post("/chat/completions", json=ask(stream=True)))
            await in_time(upstream.arrived.wait)
            asking.cancel()
        async with asyncio.timeout(10):
            await upstream.gone.wait()

    rows = await eventually(settled(home, TRIALS))
    assert [(row["state"], row["outcome"], row["k"]) for row in rows] == [("settled", "client_left", 0)] * TRIALS
    assert len({row["id"] for row in rows}) == len(upstream.requests) == TRIALS
    assert {row["usage_source"] for row in rows} == {"estimated"}


async def test_f07_two_with_one_idempotency_key_are_answered_and_paid_once(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    go = asyncio.Event()
    upstream.script(Pause(go), Send(answers.response(answers.chat_body())))
    head = {"idempotency-key": "once"}
    first = asyncio.create_task(client.post("/chat/completions", json=ask(), headers=head))
    await upstream.arrived.wait()

    early = await client.post("/chat/completions", json=ask(), headers=head)
    go.set()
    answer = await first
    again = await client.post("/chat/completions", json=ask(), headers=head)
    other = await client.post("/chat/completions", json=ask(seed=1), headers=head)

    assert (early.status_code, early.json()["error"]["code"]) == (409, "idempotency_in_progress")
    assert early.headers["retry-after"] == "1"
    assert (again.status_code, again.content) == (200, answer.content)
    assert (again.headers["idempotent-replayed"], "idempotent-replayed" in answer.headers) == ("true", False)
    assert float(again.headers["x-halfpenny-cost-usd"]) == 0
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(home.rows()) == len(upstream.requests) == 1


async def test_f07_what_failed_is_asked_again_under_its_key(client: httpx.AsyncClient, upstream: Upstream) -> None:
    upstream.script(Send(answers.response(answers.error_body("no"), status="400 Bad Request")))
    head = {"idempotency-key": "twice"}

    told = [(await client.post("/chat/completions", json=ask(), headers=head)).status_code for _ in range(2)]

    assert told == [400, 200]


async def test_f08_who_loses_patience_and_asks_again_pays_for_each_what_it_used(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    upstream.script(Hang())
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/chat/completions", json=ask(), timeout=0.2)
    await in_time(upstream.gone.wait)
    again = {"x-stainless-retry-count": "1"}
    assert (await client.post("/chat/completions", json=ask(), headers=again)).status_code == 200

    first, second = await eventually(settled(home, 2))
    size = len(json.dumps(ask(), separators=(",", ":")))
    assert (first["outcome"], first["input"], first["output"]) == ("client_left", -(-size // 4), 0)
    assert (second["outcome"], second["input"], second["output"]) == ("ok", 9, 3)
    assert first["id"] != second["id"]
