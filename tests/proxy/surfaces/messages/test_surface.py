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
from tests.doubles.eventually import eventually
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Close, Hang, Send, chat_stream, refusal

HI = [{"role": "user", "content": "hi"}]
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


def asked(model: str = "claude", **fields: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 100, "messages": HI, **fields}


def events(data: bytes) -> list[dict[str, Any]]:
    """The data of each event; its name is its type."""
    found = []
    for block in data.decode().split("\n\n")[:-1]:
        name, line = block.split("\n")
        found.append(json.loads(line.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


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


async def test_f18_a_stream_that_breaks_ends_with_an_error_event(house: Both, client: httpx.AsyncClient) -> None:
    pieces = [answers.chunked(event, last=False) for event in answers.chat_events(["Par", "is."])[:2]]
    house.open.script(Send(answers.stream_head() + b"".join(pieces)), Close())

    got = events((await client.post("/messages", json=asked("paid", stream=True))).content)

    assert [event["type"] for event in got[-2:]] == ["content_block_delta", "error"]
    assert got[-1]["error"]["code"] == "upstream_disconnected"
    (row,) = house.home.rows()
    assert (row["state"], row["usage_source"], row["outcome"]) == ("settled", "estimated", "upstream_disconnected")


async def test_f24_an_error_event_before_the_first_word_is_a_status(house: Both, client: httpx.AsyncClient) -> None:
    broken = [theirs.start(), theirs.error_event("overloaded_error", "Overloaded")]
    for _ in range(3):
        house.anthropic.script(*stream_script(broken))

    answer = await client.post("/messages", json=asked(stream=True))

    assert answer.status_code == 503
    assert answer.json()["error"]["type"] == "overloaded_error"
    assert answer.headers["x-should-retry"] == "true"


async def test_f17_an_upstreams_refusal_passes_in_our_clients_shape(house: Both, client: httpx.AsyncClient) -> None:
    said = answers.error_body("Unsupported value", param="reasoning_effort", code="unsupported_value")
    house.open.script(*refusal("400 Bad Request", said))
    thinking = {"type": "enabled", "budget_tokens": 1024}

    answer = await client.post("/messages", json=asked("paid", thinking=thinking))

    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", "thinking")


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_f01_a_client_that_leaves_closes_the_upstream(house: Both, client: httpx.AsyncClient, model: str) -> None:
    if model == "paid":
        served, first = house.open, b"".join(answers.chat_events(["Par"])[:2])
    else:
        served, first = house.anthropic, b"".join(ANSWER[:4])
    served.script(Send(answers.stream_head() + answers.chunked(first, last=False)), Hang())

    async with client.stream("POST", "/messages", json=asked(model, stream=True)) as answer:
        await anext(answer.aiter_bytes())

    assert await eventually(served.gone.is_set)
    assert await eventually(lambda: [row["state"] for row in house.home.rows()] == ["settled"])
    (row,) = house.home.rows()
    assert (row["outcome"], row["usage_source"]) == ("client_left", "estimated")


async def test_f18_wherever_an_anthropic_stream_is_cut_its_client_is_told(
    house: Both, client: httpx.AsyncClient
) -> None:
    """Never a clean end but after `message_stop`; one row each, and nothing but whole events and an error."""
    whole = b"".join(theirs.stream(theirs.text("Paris.")))
    spoken = whole.index(b"text_delta")
    for at in range(0, len(whole), 7):
        house.anthropic.script(Send(answers.stream_head() + answers.chunked(whole[:at], last=False)), Close())
        answer = await client.post("/messages", json=asked(stream=True, stop_sequences=[str(at)]))

        if answer.status_code == 200:
            *good, last = events(answer.content)
            assert at > spoken
            assert last["type"] == "error"
            assert "message_stop" not in {event["type"] for event in good}
        else:
            assert (answer.status_code, answer.json()["type"]) == (502, "error")
    states = [row["state"] for row in house.home.rows()]
    assert set(states) == {"settled"}


async def test_the_wrong_method_and_the_wrong_key_have_anthropics_shape(house: Both, client: httpx.AsyncClient) -> None:
    wrong = await client.get("/messages")
    nobody = await client.post("/messages", json=asked(), headers={"x-api-key": "sk-hp-wrong"})

    assert (wrong.status_code, wrong.json()["error"]["type"]) == (405, "invalid_request_error")
    assert (nobody.status_code, nobody.json()["error"]["type"]) == (401, "authentication_error")
    assert house.anthropic.requests == []


async def test_f55_a_body_that_is_too_large_is_told_so(house: Both, client: httpx.AsyncClient) -> None:
    answer = await client.post("/messages", content=b"x" * (11 << 20))

    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


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
