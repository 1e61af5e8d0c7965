"""A request that is cut short, by its client or its own time limit: what the row then says, and what it costs."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, PRICED, House, house
from tests.doubles.upstream import Hang, Upstream

ASKED = {"model": "paid", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a listener whose queue is full: whoever connects waits."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        queue = [socket.socket() for _ in range(8)]
        for waiting in queue:
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]
        for waiting in queue:
            waiting.close()


async def test_a_client_that_leaves_while_we_connect_pays_nothing(deaf: int, tmp_path: Path) -> None:
    """F03."""
    async with house(tmp_path, PRICED.format(url=f"http://127.0.0.1:{deaf}/v1")) as home:
        headers = {"authorization": f"Bearer {home.key}"}
        async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=30) as client:
            asking = asyncio.create_task(client.post("/chat/completions", json=ASKED))
            await eventually(home.rows)
            asking.cancel()
            (row,) = await eventually(lambda: [row for row in home.rows() if row["state"] != "held"])

    assert (row["state"], row["cost"], row["outcome"]) == ("void", 0, "client_left")


async def test_a_time_limit_that_runs_out_is_not_the_clients_leaving(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    """F13."""
    upstream.script(Hang())

    answer = await client.post("/chat/completions", json=ASKED, headers={"x-halfpenny-timeout-ms": "100"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_timeout")
    (row,) = home.rows()
    assert (row["state"], row["cost"], row["outcome"]) == ("settled", row["input"] * INPUT, "cut_short")
