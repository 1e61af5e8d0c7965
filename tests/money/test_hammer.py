"""A one-cent key hammered by fifty requests at once: none goes over, the books close, and the key works again after."""

import asyncio
from pathlib import Path

import httpx
import pytest

from routing.budget import Allowance
from routing.money import NANO
from tests.doubles import answers
from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, OUTPUT, PRICED, house
from tests.doubles.upstream import Pause, Request, Script, Send, Upstream

CENT = NANO // 100
BODY = b'{"model":"paid","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
WORST = len(BODY) * INPUT + 100 * OUTPUT
TRUE = 9 * INPUT + 3 * OUTPUT


def config(upstream: Upstream, workers: int) -> str:
    """`workers: 2` is served over an accountant's socket."""
    return f"server: {{workers: {workers}}}\n" + PRICED.format(url=upstream.base_url)


@pytest.mark.parametrize("workers", [1, 2])
async def test_fifty_at_once_on_a_cent(tmp_path: Path, workers: int) -> None:
    go = asyncio.Event()

    def respond(request: Request) -> Script:
        return (Pause(go), Send(answers.response(answers.chat_body())))

    async with (
        Upstream(respond) as upstream,
        house(tmp_path, config(upstream, workers), own=Allowance(CENT, "day")) as home,
        httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}, timeout=60) as client,
    ):
        asked = [asyncio.create_task(client.post("/chat/completions", content=BODY)) for _ in range(50)]
        await eventually(lambda: sum(task.done() for task in asked) >= 50 - CENT // WORST)
        held = [row["amount"] for row in home.rows() if row["state"] == "held"]
        assert sum(held) <= CENT
        go.set()
        replies = await asyncio.gather(*asked)

        answered = [reply for reply in replies if reply.status_code == 200]
        refused = [reply for reply in replies if reply.status_code == 429]
        assert len(answered) >= CENT // WORST
        assert len(answered) + len(refused) == 50
        assert {reply.json()["error"]["code"] for reply in refused} == {"budget_in_flight"}

        rows = home.rows()
        assert sum(row["cost"] for row in rows) == len(answered) * TRUE <= CENT
        assert {row["state"] for row in rows} == {"settled"}
        assert (await client.post("/chat/completions", content=BODY)).status_code == 200


async def test_a_spent_budget_refuses_for_good_and_names_its_rule(upstream: Upstream, tmp_path: Path) -> None:
    limit = WORST + TRUE // 2
    async with (
        house(tmp_path, PRICED.format(url=upstream.base_url), own=Allowance(limit, "day")) as home,
        httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}) as client,
    ):
        first = await client.post("/chat/completions", content=BODY)
        second = await client.post("/chat/completions", content=BODY)

    assert first.status_code == 200
    error = second.json()["error"]
    assert (second.status_code, error["type"], error["code"]) == (429, "insufficient_quota", "insufficient_quota")
    assert second.headers["x-should-retry"] == "false"
    assert "retry-after" not in second.headers
    assert "'key/tester'" in error["message"]
    assert len(home.rows()) == 1
    assert len(upstream.requests) == 1
