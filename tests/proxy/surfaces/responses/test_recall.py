"""A conversation that goes on: what is recalled bounds the hold and has a limit; items come back by reference."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.doubles.answers import chat_body, chat_events, chunk, chunked, response, stream_head
from tests.doubles.house import INPUT, PRICED, House, house
from tests.doubles.upstream import Send, Upstream

LIMIT = 40_000
CONFIG = PRICED + f"server: {{{{body_limit: {LIMIT}}}}}\n"


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy before the scripted upstream, for small bodies."""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


async def test_what_is_recalled_is_held_for(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(Send(response(chat_body("b" * 10_000))))
    first = await sdk.responses.create(model="paid", input="a" * 10_000, max_output_tokens=1)
    await sdk.responses.create(model="paid", input="c", max_output_tokens=1, previous_response_id=first.id)
    first_hold, second_hold = (int(row["amount"]) for row in home.rows())
    assert first_hold >= 10_000 * INPUT
    assert second_hold >= 20_000 * INPUT


async def test_a_conversation_has_the_limit_of_a_body(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    first = await sdk.responses.create(model="paid", input="a" * 30_000)
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.responses.create(model="paid", input="c" * 30_000, previous_response_id=first.id)
    assert (raised.value.param, raised.value.code) == ("previous_response_id", "context_length_exceeded")
    assert len(upstream.requests) == 1


async def test_items_come_back_by_reference(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    """The Vercel AI SDK sends a kept call so, and the call's output in full."""
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    events = [chunk({"tool_calls": [call]}), *chat_events([])[1:]]
    upstream.script(Send(stream_head()), *(Send(chunked(event, last=False)) for event in events), Send(chunked()))
    async with sdk.responses.stream(model="paid", input="Weather?") as stream:
        asked: Any = (await stream.get_final_response()).output[0]
    said: Any = [
        {"role": "user", "content": "Weather?"},
        {"type": "item_reference", "id": asked.id},
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
    ]
    await sdk.responses.create(model="paid", input=said, store=False)
    turns = upstream.requests[1].json()["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "tool"]
    assert turns[1]["tool_calls"][0]["function"]["name"] == "weather"


async def test_an_unknown_reference_is_refused(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    said: Any = [{"type": "item_reference", "id": "msg_1_0"}]
    with pytest.raises(openai.NotFoundError) as raised:
        await sdk.responses.create(model="paid", input=said)
    assert raised.value.param == "input"
    assert not upstream.requests


async def test_words_about_references_are_words(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    said: Any = [{"role": "user", "content": "What is an item_reference?"}]
    await sdk.responses.create(model="paid", input=said)
    assert upstream.requests[0].json()["messages"][0]["content"] == "What is an item_reference?"
