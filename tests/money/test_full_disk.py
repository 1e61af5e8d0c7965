"""A disk that is full under a running Halfpenny: paid requests are refused, free ones served, nothing is lost. F42."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.doubles import answers
from tests.doubles.eventually import eventually, in_time
from tests.doubles.house import INPUT, OUTPUT, House, house
from tests.doubles.small_disk import fill, small_disk
from tests.doubles.upstream import Pause, Request, Script, Send, Upstream, chat_json
from tests.money.stands import spent

CONFIG = """
server: {{workers: {workers}}}
providers:
  up: {{dialect: openai, base_url: "{url}", credential: upstream-secret}}
models:
  paid: {{provider: up, price: {{input: $2.50, output: $10}}}}
  free: {{provider: up, price: free}}
budgets:
  - {{name: all, window: month, limit: $100}}
"""
BODY = b'{"model":"%s","max_tokens":100,"stream":%s,"messages":[{"role":"user","content":"hi"}]}'
COST = 9 * INPUT + 3 * OUTPUT
MIBS = 24
"""The ballast, and a little more than the margin that it wants besides."""


async def asked(client: httpx.AsyncClient, model: bytes) -> tuple[int, str]:
    """Status and code of an answer."""
    reply = await client.post("/chat/completions", content=BODY % (model, b"false"))
    return reply.status_code, "" if reply.status_code == 200 else reply.json()["error"]["code"]


@pytest.mark.parametrize("workers", [1, 2])
async def test_f42_paid_requests_wait_for_room_and_all_others_are_served(tmp_path: Path, workers: int) -> None:
    go = asyncio.Event()
    with small_disk(tmp_path / "data", MIBS) as disk:
        async with (
            Upstream(lambda request: streamed(request, go)) as upstream,
            house(tmp_path, CONFIG.format(url=upstream.base_url, workers=workers)) as home,
            httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}, timeout=30) as client,
        ):
            running = asyncio.create_task(client.post("/chat/completions", content=BODY % (b"paid", b"true")))
            await upstream.arrived.wait()
            junk = fill(disk)
            told = [await asked(client, b"paid") for _ in range(40)]
            assert set(told) <= {(200, ""), (503, "ledger_unavailable")}
            assert told[-1] == (503, "ledger_unavailable")
            assert await asked(client, b"free") == (200, "")
            go.set()
            assert (await running).text.endswith("data: [DONE]\n\n")
            junk.unlink()

            async def room() -> bool:
                return await asked(client, b"paid") == (200, "")

            await in_time(room)
            await eventually(lambda: closed(home, upstream))


def streamed(request: Request, go: asyncio.Event) -> Script:
    """Streams wait for the word; whole answers come at once."""
    if not request.json()["stream"]:
        return chat_json()
    head, *rest = (answers.chunked(event, last=False) for event in answers.chat_events(["a ", "b ", "c"]))
    return (Send(answers.stream_head() + head), Pause(go), *map(Send, rest), Send(answers.chunked()))


def closed(home: House, upstream: Upstream) -> bool:
    """Whether each request that the provider billed is one settled row, and the counter is their sum."""
    billed = sum(request.json()["model"] == "paid" for request in upstream.requests)
    ended = [row["cost"] for row in home.rows() if row["state"] == "settled" and row["model"] == "paid"]
    (counter,) = spent(home.data / "ledger.db").values()
    return ended == [COST] * billed and counter == COST * billed
