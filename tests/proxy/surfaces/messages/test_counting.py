"""`/v1/messages/count_tokens`: exact at an Anthropic upstream, an estimate that says so elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from proxy.surfaces.messages.body import read
from proxy.surfaces.messages.counting import IMAGE, estimate
from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.eventually import eventually
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Hang, Send, refusal

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "x" * 400}]}
PATH = "/messages/count_tokens"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Both]:
    async with both(tmp_path) as served:
        yield served


@pytest.fixture
async def client(house: Both) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-api-key": house.home.key}
    async with httpx.AsyncClient(base_url=house.home.url, headers=headers, timeout=30) as made:
        yield made


async def test_an_anthropic_upstream_is_asked(house: Both, client: httpx.AsyncClient) -> None:
    house.anthropic.script(Send(answers.response(b'{"input_tokens": 2095}')))

    answer = await client.post(PATH, json={"model": "claude", **BODY})

    assert answer.json() == {"input_tokens": 2095}
    assert answer.headers["x-halfpenny-count"] == "exact"
    assert answer.headers["x-halfpenny-model"] == "claude"
    assert answer.headers["request-id"]
    (request,) = house.anthropic.requests
    assert request.path == "/v1/messages/count_tokens"
    assert request.json() == {"model": "claude-haiku-4-5", **BODY}
    assert house.home.rows() == []


async def test_elsewhere_it_is_an_estimate_that_says_so(house: Both, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"model": "paid", **BODY})

    assert answer.json() == {"input_tokens": 104}
    assert answer.headers["x-halfpenny-count"] == "estimated"
    assert (house.open.requests, house.home.rows()) == ([], [])


async def test_a_route_counts_where_it_would_go(house: Both, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"model": "auto", **BODY})

    assert answer.headers["x-halfpenny-model"] in ("paid", "claude")
    assert answer.json()["input_tokens"] > 100


async def test_a_server_without_that_endpoint_is_estimated(house: Both, client: httpx.AsyncClient) -> None:
    house.anthropic.script(*refusal("404 Not Found", theirs.error("not_found_error", "Not found")))

    answer = await client.post(PATH, json={"model": "claude", **BODY})

    assert (answer.json(), answer.headers["x-halfpenny-count"]) == ({"input_tokens": 104}, "estimated")


async def test_f02_a_client_that_leaves_closes_the_upstream(house: Both, client: httpx.AsyncClient) -> None:
    house.anthropic.script(Hang())
    asking = asyncio.create_task(client.post(PATH, json={"model": "claude", **BODY}))
    await house.anthropic.arrived.wait()

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await eventually(house.anthropic.gone.is_set)


async def test_an_upstreams_refusal_passes(house: Both, client: httpx.AsyncClient) -> None:
    said = theirs.error("invalid_request_error", "messages: roles must alternate")
    house.anthropic.script(*refusal("400 Bad Request", said))

    answer = await client.post(PATH, json={"model": "claude", **BODY})

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "messages: roles must alternate")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"model": "nope", **BODY}, 404, "not_found_error"),
        ({"model": "paid"}, 400, "invalid_request_error"),
        ({"model": "claude", **BODY, "tools": [{"type": "web_search_20250305"}]}, 400, "invalid_request_error"),
    ],
)
async def test_errors_have_anthropics_shape(client: httpx.AsyncClient, body: Any, status: int, kind: str) -> None:
    answer = await client.post(PATH, json=body)

    assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)


async def test_it_takes_a_key_and_post(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH)).status_code == 405
    nobody = await client.post(PATH, json={"model": "paid", **BODY}, headers={"x-api-key": "x"})
    assert nobody.json()["error"]["type"] == "authentication_error"


def test_an_estimate_counts_texts_tools_and_images() -> None:
    png = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "x" * 9000}}
    use = {"type": "tool_use", "id": "t", "name": "f" * 10, "input": {}}
    turns = [{"role": "user", "content": [png]}, {"role": "assistant", "content": [use]}]
    body = {"model": "m", "messages": turns, "tools": [{"name": "f", "input_schema": {"type": "object"}}]}

    tokens = estimate(read(json.dumps(body).encode(), {}, answered=False))

    tools = b'[{"type":"function","function":{"name":"f","parameters":{"type": "object"}}}]'
    assert tokens == -(-(len(tools) + 12) // 4) + 2 * 4 + IMAGE
