"""Marks of a budget as clients and the operator meet them: fifty requests at once pass each exactly once. F33, F34."""

import asyncio
import json
from pathlib import Path

import httpx

from tests.doubles.answers import usage
from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, OUTPUT, PRICED, House, house
from tests.doubles.upstream import Upstream, chat_json

CROWD, PROMPT, ANSWER = 50, 20, 95
COST = PROMPT * INPUT + ANSWER * OUTPUT  # exactly $0.001
BODY = b'{"model":"paid","max_tokens":%d,"messages":[{"role":"user","content":"hi"}]}'
RULES = "budgets:\n  - {name: one, window: day, limit: $0.1, alert_at: [20%, 40%, 90%], stop_at: 50%}\n"


async def asked(asking: httpx.AsyncClient, most: int) -> httpx.Response:
    return await asking.post("/chat/completions", content=BODY % most)


def alerts(home: House) -> list[int]:
    """The marks that the log tells, in n$."""
    lines = map(json.loads, home.log.read_text().splitlines())
    return sorted(line["mark"] for line in lines if line["event"] == "alert")


async def test_each_mark_is_told_once_and_the_stop_latches(tmp_path: Path) -> None:
    async with (
        Upstream(lambda _: chat_json(told=usage(PROMPT, ANSWER))) as upstream,
        house(tmp_path, PRICED.format(url=upstream.base_url) + RULES) as home,
    ):
        head = {"authorization": f"Bearer {home.key}"}
        async with httpx.AsyncClient(base_url=home.url, headers=head, timeout=30) as asking:
            crowd = await asyncio.gather(*(asked(asking, ANSWER) for _ in range(CROWD)))
            after = [await asked(asking, 1) for _ in range(3)]
        await eventually(lambda: len(alerts(home)) == 2)
        spent = sum(row["cost"] for row in home.rows())

    assert {reply.status_code for reply in crowd} == {200}
    assert spent == CROWD * COST
    assert alerts(home) == [20 * COST, 40 * COST]
    for refused in after:
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_emergency_stop")
        assert refused.headers["x-should-retry"] == "false"
        assert "retry-after" not in refused.headers
