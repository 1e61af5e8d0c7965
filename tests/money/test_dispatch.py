"""The mark is made before the first byte leaves, and the row keeps the prices of its reserve. F35, F50."""

import errno
import os
from pathlib import Path

import httpx
import pytest

from tests.doubles import answers
from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Request, Script, Send, Upstream

BODY = b'{"model":"paid","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'


async def test_when_the_upstream_hears_of_it_the_mark_is_there(tmp_path: Path) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    def respond(request: Request) -> Script:
        marks = (home.data / "ledger.db.dispatched").read_text().split("\n")[1:]
        seen.append(([f"{row['id']}/{row['k']}" for row in home.rows()], [mark for mark in marks if mark]))
        return (Send(answers.response(answers.chat_body())),)

    async with (
        Upstream(respond) as upstream,
        house(tmp_path, PRICED.format(url=upstream.base_url)) as home,
        httpx.AsyncClient(base_url=home.url, headers={"authorization": f"Bearer {home.key}"}) as client,
    ):
        assert (await client.post("/chat/completions", content=BODY)).status_code == 200
        ((held, marked),) = seen
        assert held == marked
        (row,) = home.rows()
        assert (row["state"], row["asked"], row["sent"]) == ("settled", "paid", "upstream-1")
        assert row["price_version"]
        assert row["at"] <= row["ended"]


async def test_what_cannot_be_marked_is_not_sent_and_costs_nothing(
    home: House, client: httpx.AsyncClient, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F42: the disk took the hold and then no more."""
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if data.startswith(b"\n") and data.endswith(b"/0\n"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr(os, "write", full)
    refused = await client.post("/chat/completions", content=BODY)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "ledger_unavailable")
    (row,) = home.rows()
    assert (row["state"], row["cost"]) == ("void", 0)
    monkeypatch.undo()
    assert (await client.post("/chat/completions", content=BODY)).status_code == 200
    assert len(upstream.requests) == 1  # had the first one been sent, it would have come before
