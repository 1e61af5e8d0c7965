"""The official `anthropic` SDK, changed by its base URL alone, against an OpenAI-shaped and an Anthropic upstream."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import pytest
from anthropic.types import MessageParam, TextBlock, ToolParam

from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.anthropic_answers import stream_script, whole_script
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Send

FRANCE: list[MessageParam] = [{"role": "user", "content": "What is the capital of France?"}]
WEATHER: ToolParam = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Both]:
    async with both(tmp_path) as served:
        yield served


@pytest.fixture
async def sdk(house: Both) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """The asynchronous client; it adds `/v1` itself."""
    async with anthropic.AsyncAnthropic(base_url=base(house), api_key=house.home.key, max_retries=0) as client:
        yield client


def base(house: Both) -> str:
    return house.home.url.removesuffix("/v1")


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_a_whole_answer(house: Both, sdk: anthropic.AsyncAnthropic, model: str) -> None:
    house.anthropic.script(*whole_script(theirs.text("Paris.")))

    message = await sdk.messages.create(model=model, max_tokens=50, messages=FRANCE, system="Be brief.")

    (block,) = message.content
    assert isinstance(block, TextBlock)
    assert block.text == "Paris."
    assert (message.role, message.type, message.stop_reason) == ("assistant", "message", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (9, 3)
    assert message._request_id == house.home.rows()[0]["id"]


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_a_synchronous_client(house: Both, model: str) -> None:
    house.anthropic.script(*stream_script(theirs.stream(theirs.text("Paris."))))

    def ask() -> tuple[str, anthropic.types.Message]:
        with (
            anthropic.Anthropic(base_url=base(house), api_key=house.home.key, max_retries=0) as client,
            client.messages.stream(model=model, max_tokens=50, messages=FRANCE) as stream,
        ):
            return "".join(stream.text_stream), stream.get_final_message()

    text, message = await asyncio.to_thread(ask)

    assert text == "Paris."
    assert (message.stop_reason, message.usage.input_tokens) == ("end_turn", 9)


async def test_a_bearer_token_does_too(house: Both) -> None:
    async with anthropic.AsyncAnthropic(
        base_url=base(house), api_key=None, auth_token=house.home.key, max_retries=0
    ) as client:
        message = await client.messages.create(model="paid", max_tokens=50, messages=FRANCE)

    assert message.content


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_raw_stream_events_come_in_their_order(house: Both, sdk: anthropic.AsyncAnthropic, model: str) -> None:
    house.anthropic.script(*stream_script(theirs.stream(theirs.text("Paris."))))

    stream = await sdk.messages.create(model=model, max_tokens=50, messages=FRANCE, stream=True)
    kinds = [event.type async for event in stream]

    assert kinds == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


async def test_counting(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.anthropic.script(Send(answers.response(b'{"input_tokens": 14}')))

    exact = await sdk.messages.count_tokens(model="claude", messages=FRANCE, system="Be brief.", tools=[WEATHER])
    raw = await sdk.messages.with_raw_response.count_tokens(model="paid", messages=FRANCE)

    assert exact.input_tokens == 14
    assert raw.headers["x-halfpenny-count"] == "estimated"
    assert (await raw.parse()).input_tokens == 12


async def test_the_models_are_listed(sdk: anthropic.AsyncAnthropic) -> None:
    assert [model.id async for model in sdk.models.list()] == ["auto", "paid", "claude"]
    assert (await sdk.models.retrieve("claude")).id == "claude"


async def test_the_beta_client(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.anthropic.script(*whole_script(theirs.text("Yes.")))

    message = await sdk.beta.messages.create(
        model="claude", max_tokens=50, messages=[{"role": "user", "content": "hi"}], betas=["context-management-x"]
    )

    assert message.content[0].type == "text"
    assert house.anthropic.requests[0].headers["anthropic-beta"] == "context-management-x"
