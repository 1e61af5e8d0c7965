"""`/v1/messages` over a real socket: verbatim bytes, cuts, failures, money, and what each upstream is sent."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.anthropic_answers import stream_script, whole_script
from tests.doubles.messages import HI, asked, events
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import chat_stream

ANSWER = theirs.stream(theirs.thinking("hm"), theirs.text("Paris."), theirs.tool_use("toolu_1", "f", x=1))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Both]:
    async with both(tmp_path) as served:
        yield served


@pytest.fixture
async def client(house: Both) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that sends its key as Anthropic's SDK does."""
    headers = {"x-api-key": house.home.key, "anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(base_url=house.home.url, headers=headers, timeout=30) as made:
        yield made


async def test_an_anthropic_stream_passes_byte_for_byte_but_for_what_is_billed(
    house: Both, client: httpx.AsyncClient
) -> None:
    house.anthropic.script(*stream_script(ANSWER))

    got = (await client.post("/messages", json=asked(stream=True))).content

    before, last = b"".join(ANSWER[:-2]), ANSWER[-1]
    assert got.startswith(before)
    assert got.endswith(last)
    (delta,) = events(got.removeprefix(before).removesuffix(last))
    told = json.loads(ANSWER[-2].split(b"data: ")[1])
    assert delta == {**told, "usage": {**told["usage"], "cost": 0.000024}}
    assert [row["cost"] for row in house.home.rows()] == [9 * 1_000 + 3 * 5_000]


async def test_a_whole_anthropic_answer_passes_with_every_field(house: Both, client: httpx.AsyncClient) -> None:
    house.anthropic.script(*whole_script(theirs.text("Paris."), theirs.tool_use("toolu_1", "f"), stop="tool_use"))

    answer = await client.post("/messages", json=asked())

    told = json.loads(theirs.body(theirs.text("Paris."), theirs.tool_use("toolu_1", "f"), stop="tool_use"))
    assert answer.json() == {**told, "usage": {**told["usage"], "cost": 0.000024}}
    assert answer.headers["request-id"] == answer.headers["x-request-id"]
    assert answer.headers["x-halfpenny-cost-usd"] == "0.000024"


async def test_caches_are_told_and_paid_at_their_price(house: Both, client: httpx.AsyncClient) -> None:
    told = theirs.usage(10, 2, read=1_000, written=100)
    house.anthropic.script(*stream_script(theirs.stream(theirs.text("Yes."), told=told, begun=told)))

    got = events((await client.post("/messages", json=asked(stream=True))).content)

    usage = got[-2]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (10, 1_000)
    assert usage["cache_creation_input_tokens"] == 100
    (row,) = house.home.rows()
    assert row["cost"] == 10 * 1_000 + 1_000 * 100 + 100 * 1_250 + 2 * 5_000


async def test_f21_a_usage_that_cannot_be_true_is_replaced_by_what_is_billed(
    house: Both, client: httpx.AsyncClient
) -> None:
    wrong = {**theirs.usage(), "output_tokens": -7}
    house.anthropic.script(*stream_script(theirs.stream(theirs.text("Paris."), told=wrong)))

    got = events((await client.post("/messages", json=asked(stream=True))).content)

    (row,) = house.home.rows()
    assert row["usage_source"] == "estimated"
    assert got[-2]["usage"]["output_tokens"] == row["output"] > 0


async def test_an_openai_stream_is_written_in_anthropics_events(house: Both, client: httpx.AsyncClient) -> None:
    house.open.script(*chat_stream(["Par", "is."], told=answers.usage(12, 2, cached=4)))

    got = events((await client.post("/messages", json=asked("paid", stream=True))).content)

    assert [event["type"] for event in got] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert got[0]["message"]["model"] == "paid"
    assert got[0]["message"]["id"].startswith("msg_")
    (row,) = house.home.rows()
    assert got[-2] == {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {
            "input_tokens": 8,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 4,
            "output_tokens": 2,
            "cost": row["cost"] / 10**9,
        },
    }


async def test_the_cap_is_the_clients_and_is_held(house: Both, client: httpx.AsyncClient) -> None:
    await client.post("/messages", json=asked("paid", max_tokens=7))

    assert house.open.requests[0].json()["max_tokens"] == 7
    (row,) = house.home.rows()
    size = len(json.dumps(asked("paid", max_tokens=7), separators=(",", ":")).encode())
    assert row["amount"] == size * 2_500 + 7 * 10_000


@pytest.mark.parametrize("fields", [{"container": "c"}, {"tools": [{"type": "web_search_20250305", "name": "w"}]}])
async def test_what_only_anthropic_can_be_asked_is_refused_elsewhere_by_name(
    house: Both, client: httpx.AsyncClient, fields: dict[str, Any]
) -> None:
    answer = await client.post("/messages", json=asked("paid", **fields))

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", next(iter(fields)))
    assert answer.headers["x-should-retry"] == "false"
    assert house.open.requests == []
    assert [row["state"] for row in house.home.rows()] == ["void"]


async def test_an_answer_that_the_client_began_is_continued_by_anthropic_alone(
    house: Both, client: httpx.AsyncClient
) -> None:
    turns = [*HI, {"role": "assistant", "content": "Hel"}]
    house.anthropic.script(*whole_script(theirs.text("lo.")))

    there = await client.post("/messages", json=asked(messages=turns))
    elsewhere = await client.post("/messages", json=asked("paid", messages=turns))

    assert there.json()["content"][0]["text"] == "lo."
    assert house.anthropic.requests[0].json()["messages"] == turns
    assert (elsewhere.status_code, elsewhere.json()["error"]["param"]) == (400, "messages")


async def test_auto_gives_it_to_a_model_that_can(tmp_path: Path) -> None:
    """The cheaper model cannot be asked; nobody names one."""
    async with both(tmp_path, anthropic_more=", refuse: []") as house:
        house.anthropic.script(*whole_script(theirs.text("Yes.")))
        headers = {"x-api-key": house.home.key}
        async with httpx.AsyncClient(base_url=house.home.url, headers=headers, timeout=30) as client:
            answer = await client.post("/messages", json=asked("auto", container="c"))

        assert answer.json()["content"][0]["text"] == "Yes."
        assert house.anthropic.requests[0].json()["container"] == "c"
        assert house.open.requests == []


async def test_what_is_dropped_is_told(tmp_path: Path) -> None:
    marked = [{"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral"}}]
    thought = {"type": "thinking", "thinking": "hm", "signature": "E"}
    turns = [*HI, {"role": "assistant", "content": [thought, {"type": "text", "text": "Yes."}]}, *HI]
    async with both(tmp_path, open_more=", drop: [top_k, container]", anthropic_more=", drop: [top_k]") as house:
        headers = {"x-api-key": house.home.key}
        fields = {"system": marked, "messages": turns, "top_k": 5, "container": "c"}
        house.anthropic.script(*whole_script(theirs.text("Yes.")))
        async with httpx.AsyncClient(base_url=house.home.url, headers=headers, timeout=30) as client:
            elsewhere = await client.post("/messages", json=asked("paid", **fields))
            plain = await client.post("/messages", json=asked("paid"))
            del fields["container"]
            there = await client.post("/messages", json=asked("claude", **fields))

        told = elsewhere.headers["x-halfpenny-dropped"].split(", ")
        assert sorted(told) == ["cache_control", "container", "thinking blocks", "top_k"]
        assert "x-halfpenny-dropped" not in plain.headers
        assert there.headers["x-halfpenny-dropped"] == "top_k"
        assert not {"top_k", "container"} & house.open.requests[0].json().keys()
        sent = house.anthropic.requests[0].json()
        assert (sent["system"], sent["messages"], "top_k" in sent) == (marked, turns, False)


async def test_the_operators_key_reaches_the_upstream_and_the_clients_does_not(
    house: Both, client: httpx.AsyncClient
) -> None:
    house.anthropic.script(*whole_script(theirs.text("Yes.")))

    await client.post("/messages", json=asked(), headers={"anthropic-beta": "interleaved-thinking-2025-05-14"})

    (request,) = house.anthropic.requests
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == "upstream-secret"
    assert request.headers["anthropic-beta"] == "interleaved-thinking-2025-05-14"
    assert house.home.key.encode() not in request.raw
