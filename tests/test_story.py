"""The story of a chat request, a test per sentence, over real sockets and a real ledger."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from routing.budget import Allowance
from routing.money import NANO
from tests.doubles import answers
from tests.doubles.eventually import eventually, in_time
from tests.doubles.house import INPUT, OUTPUT, PRICED, House, house
from tests.doubles.upstream import Close, Hang, Pause, Send, Upstream, chat_stream, refusal

HELLO = [{"role": "user", "content": "hi"}]


def ask(**fields: Any) -> dict[str, Any]:
    return {"model": "paid", "messages": HELLO, **fields}


async def settled(home: House, count: int = 1) -> list[dict[str, Any]]:
    """The ledger's rows, as soon as `count` of them are final."""

    def final() -> list[dict[str, Any]]:
        rows = [row for row in home.rows() if row["state"] != "held"]
        return rows if len(rows) >= count else []

    return await eventually(final)


async def test_the_headers_say_who_before_the_body_is_read(home: House) -> None:
    """F55."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer no\r\ncontent-length: 9\r\n\r\n"
    )

    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 401")
    writer.close()


async def test_a_body_beyond_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/chat/completions", content=b"x" * (11 << 20))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_every_field_reaches_the_upstream_and_only_ours_change(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    await client.post(
        "/chat/completions", json=ask(max_tokens=7, seed=3, odd={"x": [1.5]}, halfpenny={"no_store": True})
    )

    sent = upstream.requests[0]
    assert sent.json() == {"model": "upstream-1", "messages": HELLO, "max_tokens": 7, "seed": 3, "odd": {"x": [1.5]}}
    assert sent.headers["authorization"] == "Bearer upstream-secret"


async def test_the_hold_is_in_the_ledger_before_the_upstream_is_asked(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    go = asyncio.Event()
    upstream.script(Pause(go), Send(answers.response(answers.chat_body())))
    asking = asyncio.create_task(client.post("/chat/completions", json=ask(max_tokens=100)))
    await upstream.arrived.wait()

    (row,) = home.rows()
    size = len(json.dumps(ask(max_tokens=100), separators=(",", ":")))
    assert (row["state"], row["amount"]) == ("held", size * INPUT + 100 * OUTPUT)

    go.set()
    assert (await asking).status_code == 200


async def test_a_failure_before_the_first_event_is_a_status_not_a_broken_stream(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    role = answers.chunk({"role": "assistant", "content": ""})
    upstream.script(Send(answers.stream_head() + answers.chunked(role, last=False)), Close())

    answer = await client.post("/chat/completions", json=ask(stream=True))

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_disconnected"


async def test_events_pass_with_the_upstreams_own_bytes(client: httpx.AsyncClient, upstream: Upstream) -> None:
    """F09."""
    upstream.script(*chat_stream(["Par", "is."]))

    answer = await client.post("/chat/completions", json=ask(stream=True))

    events = answers.chat_events(["Par", "is."])
    shown = b"".join(event.replace(b',"usage":null', b"") for event in events[:-2])
    assert answer.content == shown + answers.DONE
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_usage_is_asked_of_the_upstream_and_shown_to_who_asked(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    """F09."""
    told = answers.usage(prompt=9, completion=2)
    upstream.script(*chat_stream(["Par", "is."], told=told))

    answer = await client.post("/chat/completions", json=ask(stream=True, stream_options={"include_usage": True}))

    assert upstream.requests[0].json()["stream_options"] == {"include_usage": True}
    chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == {**told, "cost": (9 * INPUT + 2 * OUTPUT) / NANO}


async def test_at_the_end_the_true_cost_is_settled_and_told(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    answer = await client.post("/chat/completions", json=ask())

    cost = 9 * INPUT + 3 * OUTPUT
    (row,) = home.rows()
    assert (row["state"], row["cost"], row["input"], row["output"]) == ("settled", cost, 9, 3)
    assert (row["usage_source"], row["sent"], row["answered"]) == ("provider", "upstream-1", "upstream-1")
    assert answer.headers["x-halfpenny-cost-usd"] == "0.0000525"
    assert answer.json()["usage"]["cost"] == cost / NANO
    assert answer.headers["x-halfpenny-route"] == "upstream"
    assert answer.headers["x-halfpenny-model"] == "paid"
    assert row["id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_early_closes_the_upstream_and_pays_for_the_prompt(
    client: httpx.AsyncClient, upstream: Upstream, home: House, stream: bool
) -> None:
    """F02."""
    upstream.script(Hang())
    asking = asyncio.create_task(client.post("/chat/completions", json=ask(stream=stream)))
    await upstream.arrived.wait()
    asking.cancel()

    async with asyncio.timeout(10):
        await upstream.gone.wait()
    (row,) = await settled(home)
    size = len(json.dumps(ask(stream=stream), separators=(",", ":")))
    prompt = -(-size // 4)
    assert (row["usage_source"], row["input"], row["output"]) == ("estimated", prompt, 0)
    assert (row["cost"], row["outcome"]) == (prompt * INPUT, "client_left")


async def test_a_client_that_leaves_mid_stream_pays_for_what_was_produced_once(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    """F01."""
    events = answers.chat_events(["Hello ", "world, how are you?"])[:3]
    upstream.script(Send(answers.stream_head() + answers.chunked(*events, last=False)), Hang())

    async with client.stream("POST", "/chat/completions", json=ask(stream=True)) as answer:
        assert answer.status_code == 200

    async with asyncio.timeout(10):
        await upstream.gone.wait()
    (row,) = await settled(home)
    size = len(json.dumps(ask(stream=True), separators=(",", ":")))
    assert (row["state"], row["usage_source"], row["outcome"]) == ("settled", "estimated", "client_left")
    assert (row["input"], row["output"]) == (-(-size // 4), -(-len("Hello world, how are you?") // 4))
    assert row["cost"] == row["input"] * INPUT + row["output"] * OUTPUT


async def test_an_answer_that_said_done_is_not_waited_for(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    events = answers.chat_events(["Paris."])
    upstream.script(Send(answers.stream_head() + answers.chunked(*events, last=False)), Hang())

    async with asyncio.timeout(20):  # the idle limit is a minute
        answer = await client.post("/chat/completions", json=ask(stream=True))

    assert answer.content.endswith(answers.DONE)
    assert [(row["state"], row["usage_source"]) for row in home.rows()] == [("settled", "provider")]


async def test_two_choices_are_finished_when_both_are(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    told = answers.usage(prompt=9, completion=1)
    first = answers.chunk({"content": "one"}, told=told) + answers.chunk({}, finish="stop", told=told)
    second = answers.chunk({"content": "two and a half"}).replace(b'"index":0', b'"index":1')
    upstream.script(Send(answers.stream_head() + answers.chunked(first, second, last=False)), Hang())

    async with client.stream("POST", "/chat/completions", json=ask(stream=True, n=2)) as answer:
        assert answer.status_code == 200

    (row,) = await settled(home)
    assert (row["usage_source"], row["input"]) == ("estimated", 9)
    assert row["output"] == -(-len("one" + "two and a half") // 4)


async def test_an_upstream_that_dies_mid_stream_ends_with_an_error_and_no_done(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    """F18."""
    events = answers.chat_events(["Hello ", "world"])[:3]
    upstream.script(Send(answers.stream_head() + answers.chunked(*events, last=False)), Close())

    answer = await client.post("/chat/completions", json=ask(stream=True))

    assert answer.status_code == 200
    assert answers.DONE not in answer.content
    last = json.loads(answer.text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert last["error"]["code"] == "upstream_disconnected"
    (row,) = await settled(home)
    assert (row["state"], row["usage_source"], row["outcome"]) == ("settled", "estimated", "upstream_disconnected")


async def test_a_refusal_that_the_upstream_does_not_bill_costs_nothing(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    """F17."""
    body = answers.error_body("seed is wrong", param="seed", code="bad_seed")
    upstream.script(*refusal("400 Bad Request", body))

    answer = await client.post("/chat/completions", json=ask())

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "seed is wrong",
        "type": "invalid_request_error",
        "param": "seed",
        "code": "bad_seed",
    }
    (row,) = await settled(home)
    assert (row["state"], row["cost"]) == ("void", 0)


async def test_the_operators_credential_is_never_shown(client: httpx.AsyncClient, upstream: Upstream) -> None:
    """F17."""
    upstream.script(*refusal("401 Unauthorized", answers.error_body("Incorrect API key: upstream-secret")))

    answer = await client.post("/chat/completions", json=ask())

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_auth"
    assert "secret" not in answer.text


async def test_one_record_is_written_and_holds_no_prompt(client: httpx.AsyncClient, tmp_path: Path) -> None:
    secret = "the word that must not be logged"
    answer = await client.post("/chat/completions", json=ask(messages=[{"role": "user", "content": secret}]))

    text = await eventually((tmp_path / "log.jsonl").read_text)
    (record,) = [json.loads(line) for line in text.splitlines()]
    assert record["id"] == answer.headers["x-request-id"]
    assert (record["key"], record["model"], record["outcome"], record["cost"]) == ("tester", "paid", "ok", 52_500)
    assert secret not in text


async def test_a_revoked_key_is_refused_within_a_second(client: httpx.AsyncClient, home: House) -> None:
    assert (await client.post("/chat/completions", json=ask())).status_code == 200
    home.keys.revoke("tester")

    async def refused() -> bool:
        return (await client.post("/chat/completions", json=ask())).status_code == 401

    assert await in_time(refused)


async def test_a_missing_cap_takes_what_is_affordable_not_the_whole_budget(upstream: Upstream, tmp_path: Path) -> None:
    own = Allowance(2_000_000, "day")
    async with house(tmp_path, PRICED.format(url=upstream.base_url), own=own) as home:
        headers = {"authorization": f"Bearer {home.key}"}
        async with httpx.AsyncClient(base_url=home.url, headers=headers) as client:
            answer = await client.post("/chat/completions", json=ask())

    size = len(json.dumps(ask(), separators=(",", ":")))
    assert answer.status_code == 200
    assert upstream.requests[0].json()["max_tokens"] == (own.limit - size * INPUT) // OUTPUT
