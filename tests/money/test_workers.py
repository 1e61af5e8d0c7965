"""`workers: 2` under load, with SIGKILL: nothing over the limit, nothing lost, nothing double, three books that agree.

The upstream is the independent witness: it keeps its own list of what it has answered and would bill.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import apsw
import httpx
import pytest

from proxy.keys import FILE, STALE, KeyStore
from tests.doubles import answers
from tests.doubles.asking import asked
from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, OUTPUT, PRICED
from tests.doubles.serving import Served, serving
from tests.doubles.upstream import Request, Script, Send, Upstream, chat_stream

LIMIT = 200_000_000
CONFIG = """
budgets:
  - {{name: all, window: month, limit: $0.2}}
limits:
  - {{name: each, per_key: true, requests_per_minute: 100000, parallel: 64}}
"""
SERVER = "server: {{port: 0, drain: 5, workers: 2}}\n"
BODY = '{"model":"paid","max_tokens":100,"stream":%s,"messages":[{"role":"user","content":"hi"}]}'
TRUE = 9 * INPUT + 3 * OUTPUT
CLIENTS = 12


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    """What this query says of the ledger."""
    db = apsw.Connection(str(data / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
    db.set_busy_timeout(2000)
    try:
        return list(db.execute(query))
    finally:
        db.close()


async def client(served: Served, seed: int, until: float, statuses: list[int]) -> None:
    """One client after the other, each on a connection of its own, so that all workers are met."""
    random = Random(seed)
    while time.monotonic() < until:
        body = BODY % random.choice(("true", "false"))
        statuses.append(await asked(served, body.encode()))


async def killing(served: Served, victims: tuple[str, ...], until: float, random: Random, killed: list[str]) -> None:
    """Kill one of these now and then."""
    while time.monotonic() < until:
        await asyncio.sleep(random.uniform(0.3, 0.7))
        victim = random.choice(victims)
        found = served.children(victim)
        if found:
            with suppress(ProcessLookupError):  # it died of the one before
                os.kill(random.choice(found), signal.SIGKILL)
            killed.append(victim)


async def resolved(data: Path, seconds: float) -> None:
    """Wait until no hold is open."""
    async with asyncio.timeout(seconds):
        while rows(data, "SELECT 1 FROM rows WHERE state = 'held'"):  # noqa: ASYNC110 (another process's file)
            await asyncio.sleep(0.05)


async def answering(served: Served) -> None:
    """Wait until a paid request is answered again."""
    async with asyncio.timeout(30):
        while await asked(served, (BODY % "false").encode()) != 200:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.05)


def respond(truth: list[int]) -> Callable[[Request], Script]:
    """Answer sensibly, and note what would be billed before a byte of it leaves."""

    def answer(request: Request) -> Script:
        truth.append(TRUE)
        if request.json().get("stream"):
            return chat_stream(["a ", "b ", "c"])
        return (Send(answers.response(answers.chat_body())),)

    return answer


@pytest.mark.parametrize(
    "victims", [("proxy.worker",), ("proxy.accountant",), ("proxy.worker", "proxy.accountant")], ids=["w", "a", "both"]
)
async def test_two_workers_and_kills_leave_three_books_that_agree_f31_f35_f36_f82(
    tmp_path: Path, victims: tuple[str, ...]
) -> None:
    truth: list[int] = []
    statuses: list[int] = []
    killed: list[str] = []
    async with Upstream(respond(truth)) as upstream:
        config = SERVER.format() + PRICED.format(url=upstream.base_url) + CONFIG.format()
        with serving(tmp_path, config) as served:
            assert (len(served.children("proxy.worker")), len(served.children("proxy.accountant"))) == (2, 1)
            until = time.monotonic() + 4
            load = [client(served, seed, until, statuses) for seed in range(CLIENTS)]
            await asyncio.gather(killing(served, victims, until, Random(7), killed), *load)
            await resolved(served.data, 5)
            await answering(served)
            await resolved(served.data, 5)
            data = served.data
        ended = rows(data, "SELECT state, amount, cost, overrun FROM rows")
        counters = dict(rows(data, "SELECT rule, spent FROM counters"))
    spent = sum(row[2] for row in ended)
    billed = [row for row in ended if row[0] in ("settled", "expired")]

    assert len(killed) >= 2
    assert statuses.count(200) > 20
    assert 500 not in statuses
    assert counters == {"all": spent}
    assert spent <= LIMIT
    assert len(truth) <= len(billed)
    assert sum(truth) <= spent
    assert all(row[2] <= row[1] and not row[3] for row in ended)
    assert {row[0] for row in ended} <= {"settled", "expired", "void"}
    assert statuses.count(200) <= sum(row[0] == "settled" and row[2] == TRUE for row in ended)


async def test_two_workers_share_limits_metrics_and_revocations_f53(tmp_path: Path) -> None:
    async with Upstream() as upstream:
        limits = "limits:\n  - {name: each, per_key: true, requests_per_minute: 20, burst_seconds: 60}\n"
        config = SERVER.format() + PRICED.format(url=upstream.base_url) + limits
        with serving(tmp_path, config) as served:
            url, headers = served.url, {"authorization": f"Bearer {served.key}", "connection": "close"}
            async with httpx.AsyncClient(headers=headers, timeout=20) as asking:
                asked = (asking.post(f"{url}/chat/completions", content=BODY % "false") for _ in range(30))
                replies = await asyncio.gather(*asked)
                assert sorted(reply.status_code for reply in replies) == [200] * 20 + [429] * 10
                async with asyncio.timeout(10):
                    while await counted(asking, url) != (20, 10):  # noqa: ASYNC110 (a file once a second)
                        await asyncio.sleep(0.1)
                victim = served.children("proxy.worker")[0]
                os.kill(victim, signal.SIGKILL)
                # until it is gone it may take a connection, and whoever writes there meets a broken pipe
                await eventually(lambda: victim not in served.children("proxy.worker"))
                assert {await counted(asking, url) for _ in range(4)} == {(20, 10)}
                keys = KeyStore(served.data / FILE, time.time_ns)
                keys.revoke("development")
                keys.close()
                await asyncio.sleep(STALE)
                asked = (asking.post(f"{url}/chat/completions", content=BODY % "false") for _ in range(10))
                assert {reply.status_code for reply in await asyncio.gather(*asked)} == {401}
            data, process = served.data, served.process
    assert process.returncode == 0
    assert len(rows(data, "SELECT 1 FROM rows")) == 20


async def counted(asking: httpx.AsyncClient, url: str) -> tuple[int, int]:
    """Requests that were answered and that were refused, as any worker tells them."""
    text = (await asking.get(url.replace("/v1", "/metrics"))).text
    found = re.findall(r'^halfpenny_requests_total\{.*outcome="(\w+)".*\} ([0-9.]+)$', text, re.MULTILINE)
    totals = {outcome: int(float(value)) for outcome, value in found}
    return totals.get("ok", 0), totals.get("policy_limit", 0)
