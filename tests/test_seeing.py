"""What an operator sees of a request that fell over: its story, its rows, its line, its figures."""

import json
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from proxy.cli import requests, usage
from routing.money import exact
from tests.doubles import answers
from tests.doubles.eventually import eventually
from tests.doubles.house import TWO, House, house
from tests.doubles.upstream import Close, Send, Upstream, chat_stream

SECRET = "the word that nobody may keep"
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": SECRET}], "max_tokens": 50}
SIZE = len(json.dumps(ASK | {"stream": True}, separators=(",", ":")))
WASTED = -(-SIZE // 4) * 2_500
"""What `strong` may bill for a prompt that it left unanswered."""
CHARGED = WASTED + 9 * 150 + 2 * 600
WITHOUT_US = WASTED + 9 * 2_500 + 2 * 10_000


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """Two priced models: the strong one breaks off, the cheap one answers."""
    role = answers.chunk({"role": "assistant", "content": ""})
    upstream.script(Send(answers.stream_head() + answers.chunked(role, last=False)), Close())
    async with Upstream() as second:
        second.script(*chat_stream(["Par", "is."]))
        config = TWO.format(first=upstream.base_url, second=second.base_url)
        async with house(tmp_path, config) as served:
            yield served


def halfpenny(command: Any, home: House, *words: str) -> str:
    """What the command prints."""
    parser = ArgumentParser()
    command.add(parser.add_subparsers())
    args = parser.parse_args([command.__name__.rpartition(".")[2], *words])
    args.data = home.data
    out = StringIO()
    command.run(args, out)
    return out.getvalue()


async def test_the_story_of_a_request_that_fell_over(client: httpx.AsyncClient, home: House) -> None:
    answer = await client.post("/chat/completions", json=ASK | {"stream": True})
    id = answer.headers["x-request-id"]
    told = await eventually(lambda: halfpenny(requests, home, "show", id[:20]))

    lines = [line.split() for line in told.splitlines()]
    assert lines[0] == ["Request", id]
    assert "tester asked for gpt-4o" in told
    assert "cheap answered as a fallback (second)" in told
    assert "this answer is degraded by outage" in told
    assert "'auto:best' chose strong: expected quality" in told
    (first,) = [line for line in lines if line[:3] == ["1", "strong", "first"]]
    (second,) = [line for line in lines if line[:3] == ["2", "cheap", "second"]]
    assert first[3:5] == ["upstream_disconnected", "settled"]
    assert exact(WASTED) in first
    assert second[3:8] == ["ok", "settled", "9", "2", "provider"]
    assert f"charged {exact(CHARGED)}" in told
    assert f"from strong: {exact(WITHOUT_US)}; saved {exact(WITHOUT_US - CHARGED)}" in told
    assert SECRET not in told


async def test_rows_record_and_usage_say_the_same_to_the_nano_dollar(client: httpx.AsyncClient, home: House) -> None:
    await client.post("/chat/completions", json=ASK | {"stream": True})
    (line,) = (await eventually(lambda: halfpenny(requests, home, "--json"))).splitlines()
    record, rows = json.loads(line), home.rows()

    assert sum(row["cost"] for row in rows) == record["cost"] == CHARGED
    assert sum(row["baseline"] for row in rows) == record["baseline"] == WITHOUT_US
    assert [(row["k"], row["model"], row["outcome"]) for row in rows] == [
        (tried["k"], tried["model"], tried["outcome"]) for tried in record["attempts"]
    ]
    used = [json.loads(line) for line in halfpenny(usage, home, "--by", "key", "--json").splitlines()]
    assert [(group["cost"], group["saved"]) for group in used] == [(CHARGED, WITHOUT_US - CHARGED)]


async def test_the_metrics_count_it_once_and_hold_nothing_any_more(client: httpx.AsyncClient, home: House) -> None:
    await client.post("/chat/completions", json=ASK | {"stream": True})
    text = (await client.get(f"http://127.0.0.1:{home.port}/metrics")).text

    assert 'halfpenny_requests_total{model="cheap",outcome="ok",route="fallback"} 1.0' in text
    assert 'halfpenny_decisions_total{degraded="no",mode="auto:best",tier="strong"} 1.0' in text
    assert f'halfpenny_cost_usd_total{{model="strong"}} {WASTED / 1e9!r}' in text
    assert "halfpenny_open_holds 0.0" in text
    assert "halfpenny_held_usd 0.0" in text


async def test_who_asks_for_no_record_is_only_billed(client: httpx.AsyncClient, home: House) -> None:
    quiet = await client.post("/chat/completions", json=ASK, headers={"x-halfpenny-no-store": "true"})
    loud = await client.post("/chat/completions", json=ASK)

    listed = await eventually(lambda: halfpenny(requests, home, "--json"))
    assert [json.loads(line)["id"] for line in listed.splitlines()] == [loud.headers["x-request-id"]]
    assert {row["id"] for row in home.rows()} >= {quiet.headers["x-request-id"]}
