"""What lies below `/v1/responses`, by the official SDK and by its paths."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Upstream


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy before the scripted upstream."""
    async with house(tmp_path, PRICED.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


async def kept(sdk: openai.AsyncOpenAI) -> str:
    """The id of a response to four items."""
    made = await sdk.responses.create(
        model="paid",
        input=[
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": [{"type": "input_text", "text": "three"}]},
            {"type": "message", "role": "user", "content": "four"},
        ],
    )
    return made.id


def said(items: list[object]) -> list[str]:
    return [item.content[0].text for item in items]  # type: ignore[attr-defined]


async def test_its_items_come_in_pages(sdk: openai.AsyncOpenAI) -> None:
    id = await kept(sdk)
    first = await sdk.responses.input_items.list(id, limit=3)
    assert (said([*first.data]), first.has_more) == (["four", "three", "two"], True)
    every = [item async for item in sdk.responses.input_items.list(id, limit=1)]
    assert said([*every]) == ["four", "three", "two", "one"]
    oldest = await sdk.responses.input_items.list(id, order="asc")
    assert (said([*oldest.data]), oldest.has_more) == (["one", "two", "three", "four"], False)
    assert [item.content[0].type for item in oldest.data[:2]] == ["input_text", "output_text"]  # type: ignore[union-attr, index]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=²", "after=y", "order=up"])
async def test_a_page_that_is_none_is_refused_by_name(sdk: openai.AsyncOpenAI, query: str) -> None:
    name, _, value = query.partition("=")
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.responses.input_items.list(await kept(sdk), extra_query={name: value})
    assert raised.value.param == name


async def test_it_is_read_whole(sdk: openai.AsyncOpenAI) -> None:
    id = await kept(sdk)
    assert (await sdk.responses.retrieve(id, include=["message.output_text.logprobs"])).id == id
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.responses.retrieve(id, stream=True)
    assert raised.value.param == "stream"


async def test_nothing_runs_that_could_be_cancelled(sdk: openai.AsyncOpenAI) -> None:
    id = await kept(sdk)
    with pytest.raises(openai.BadRequestError, match="background"):
        await sdk.responses.cancel(id)
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.cancel("resp_unknown")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/input_tokens", 404),
        ("POST", "/compact", 404),
        ("POST", "/resp_1", 405),
        ("GET", "", 405),
        ("PUT", "/resp_1", 405),
        ("DELETE", "", 405),
        ("GET", "/resp_1/input_items/x", 405),
        ("GET", "/resp_1/input_items", 404),
    ],
)
async def test_other_paths_are_refused_in_openais_shape(home: House, method: str, path: str, status: int) -> None:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {home.key}"}) as client:
        answer = await client.request(method, f"{home.url}/responses{path}")
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, "invalid_request_error")
