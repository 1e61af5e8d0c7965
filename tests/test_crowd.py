"""A crowd of clients that leave at any moment, over upstreams that fail at any moment: the three books must agree.

Seeded, so that a failure can be looked at again; which request meets which fault is the seed's choice.
"""

import asyncio
import json
from pathlib import Path
from random import Random

import apsw
import pytest

from proxy.app import LEDGER
from routing.budget import Allowance
from tests.doubles.eventually import eventually
from tests.doubles.house import House, house
from tests.doubles.upstream import Close, Hang, Request, Reset, Script, Step, Upstream, chat_stream, refusal

CONFIG = """
server: {{workers: {workers}}}
providers:
  first: {{dialect: openai, base_url: "{first}", credential: canary-secret, connections: 6, timeouts: {limits}}}
  second: {{dialect: openai, base_url: "{second}", credential: canary-secret, timeouts: {limits}}}
models:
  strong: {{provider: first, tier: strong, price: {{input: $2.50, output: $10}}}}
  cheap: {{provider: second, tier: medium, price: {{input: $0.15, output: $0.60}}}}
  free: {{provider: second, tier: small, price: free}}
  best: {{route: auto:best}}
budgets:
  - {{name: all, window: day, limit: $5, applies_to: all}}
"""
LIMITS = "{connect: 0.2, first_byte: 0.3, idle: 0.3, total: 1}"
LIMIT = 15_000_000
CLIENTS = 120
REFUSED = ("503 No", "429 No", "401 No", "500 No", "400 No", "302 No")


def moody(random: Random) -> Script:
    """How an upstream treats one request."""
    mood = random.random()
    if mood < 0.2:
        return refusal(random.choice(REFUSED), b"{}")
    if mood < 0.35:
        return (Hang(),)  # one that closes a kept connection without a word is asked again: seen twice, one row
    steps: list[Step] = list(chat_stream(["some text "] * random.randrange(1, 6)))
    if mood < 0.55:
        steps.insert(random.randrange(1, len(steps)), random.choice((Hang(), Reset(), Close())))
    return tuple(steps)


def request(home: House, random: Random) -> bytes:
    """One request's bytes."""
    asked = {"model": random.choice(["strong", "cheap", "free", "best"]), "stream": True}
    cap = {"max_tokens": random.choice([5, 100, 300])} if random.random() < 0.7 else {}
    body = json.dumps({**asked, **cap, "messages": [{"role": "user", "content": "hi"}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {home.key}\r\n"
    if random.random() < 0.2:
        head += f"x-halfpenny-timeout-ms: {random.randrange(1, 60)}\r\n"
    return f"{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def visit(home: House, random: Random) -> bytes:
    """Ask, and read to the end or leave somewhere before it. Returns the status, empty for who left."""
    await asyncio.sleep(random.random())
    stay = random.random() < 0.5
    patience = 20 if stay else random.choice([0, 0.001, 0.004, 0.01, 0.05]) * random.random()
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(request(home, random))
    try:
        async with asyncio.timeout(patience):
            answer = await reader.read(-1)
    except TimeoutError:
        assert not stay, "an answer never ended"
        answer = b""
    writer.transport.abort()
    return answer[9:12]


@pytest.mark.parametrize(("seed", "workers"), [(1, 1), (2, 1), (3, 2), (4, 2)])
async def test_nothing_is_lost_doubled_or_over(tmp_path: Path, seed: int, workers: int) -> None:
    random, seen = Random(seed), []

    def respond(asked: Request) -> Script:
        seen.append(asked)
        return moody(random)

    async with Upstream(respond) as first, Upstream(respond) as second:
        config = CONFIG.format(first=first.base_url, second=second.base_url, limits=LIMITS, workers=workers)
        async with house(tmp_path, config, own=Allowance(LIMIT, "day")) as home:
            statuses = set(await asyncio.gather(*(visit(home, random) for _ in range(CLIENTS))))
            await eventually(lambda: not [row for row in home.rows() if row["state"] == "held"])
            rows = home.rows()
    spent = sum(row["cost"] for row in rows)
    counters = apsw.Connection(str(home.data / LEDGER)).execute("SELECT rule, spent FROM counters")
    books = {rule: booked for rule, booked in counters}
    log = home.log.read_text()

    assert b"500" not in statuses
    assert books == {"all": spent, "key/tester": spent}
    assert 0 < spent <= LIMIT
    assert all(row["cost"] <= row["amount"] and not row["overrun"] for row in rows)
    assert len(seen) <= len(rows)
    assert log.count('"event":"request"') == CLIENTS
    assert "canary-secret" not in log
