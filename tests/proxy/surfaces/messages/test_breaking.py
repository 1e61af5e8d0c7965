"""`/v1/messages` when something breaks: cuts, refusals, clients that leave, bodies that are none."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.anthropic_answers import stream_script
from tests.doubles.eventually import eventually
from tests.doubles.messages import asked, events
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Close, Hang, Send, refusal

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
