"""Midnight of the last day of a month comes while requests run: each counts in the window of its reserve. F45."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.doubles import answers
from tests.doubles.house import INPUT, OUTPUT, PRICED, House, house
from tests.doubles.upstream import Pause, Request, Script, Send, Upstream
from tests.money.stands import spent

OLD, NEW = (int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (11, 12))
BODY = b'{"model":"paid","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
TRUE = 9 * INPUT + 3 * OUTPUT
RULE = "\nbudgets:\n  - {{name: all, window: month, limit: $1}}\n"


class Wall:
    """A clock that is set by hand; ten seconds before midnight."""

    def __init__(self) -> None:
        self.seconds = NEW - 10

    def __call__(self) -> int:
        return self.seconds * 10**9


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("proxy.accounts.time_ns", wall)
    return wall


@asynccontextmanager
async def asking(home: House, expect: bool) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which the head of a request was sent; the body waits to be asked for, if said."""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {home.key}\r\nconnection: close\r\n"
    more = "expect: 100-continue\r\n" if expect else ""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(f"{head}{more}content-length: {len(BODY)}\r\n\r\n".encode())
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def test_f45_a_request_that_runs_over_midnight_is_settled_in_the_month_of_its_reserve(
    tmp_path: Path, wall: Wall
) -> None:
    go = asyncio.Event()

    def respond(_: Request) -> Script:
        return (Pause(go), Send(answers.response(answers.chat_body())))

    async with Upstream(respond) as upstream, house(tmp_path, (PRICED + RULE).format(url=upstream.base_url)) as home:
        async with asking(home, expect=False) as (reader, writer):
            writer.write(BODY)
            await upstream.arrived.wait()
            wall.seconds = NEW + 10
            go.set()
            assert b" 200 " in (await reader.read())[:20]
        assert spent(home.data / "ledger.db") == {("all", OLD): TRUE}
        async with asking(home, expect=False) as (reader, writer):
            writer.write(BODY)
            assert b" 200 " in (await reader.read())[:20]
        assert spent(home.data / "ledger.db") == {("all", OLD): TRUE, ("all", NEW): TRUE}


async def test_f45_a_request_whose_body_comes_after_midnight_counts_in_the_new_month(
    tmp_path: Path, wall: Wall, upstream: Upstream
) -> None:
    async with house(tmp_path, (PRICED + RULE).format(url=upstream.base_url)) as home:
        async with asking(home, expect=True) as (reader, writer):
            assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
            wall.seconds = NEW + 10
            writer.write(BODY)
            assert b" 200 " in (await reader.read())[:20]
        assert list(spent(home.data / "ledger.db")) == [("all", NEW)]
