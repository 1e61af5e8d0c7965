"""The official OpenAI SDK, a scripted upstream that speaks Converse, and the row between them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.doubles.bedrock_answers import exception, stream, stream_script, text, tool_use, usage, whole_script
from tests.doubles.eventually import eventually
from tests.doubles.house import House, house
from tests.doubles.upstream import Upstream

CONFIG = """
providers:
  aws: {{dialect: bedrock, base_url: "{url}", region: us-east-1, credential: "AKIDEXAMPLE:wJalr-secret"}}
models:
  claude: {{provider: aws, upstream: "anthropic.claude-v1:0", price: {{input: $1, cached: $0.1, output: $10}}}}
"""
INPUT, CACHED, OUTPUT = 1_000, 100, 10_000
HELLO: list[Any] = [{"role": "user", "content": "hi"}]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather"}}]
COUNTED = usage(10, 20, read=300)
COST = 10 * INPUT + 300 * CACHED + 20 * OUTPUT


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy whose model is Bedrock's at the scripted upstream."""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


async def row(home: House) -> dict[str, Any]:
    """The one row, as soon as it is final."""

    def final() -> list[dict[str, Any]]:
        return [found for found in home.rows() if found["state"] != "held"]

    (found,) = await eventually(final)
    return found


async def test_a_whole_answer_is_signed_for_and_booked(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    upstream.script(*whole_script(text("Paris."), told=COUNTED))

    answer = await sdk.chat.completions.create(model="claude", messages=HELLO, max_tokens=200)

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Paris.", "stop")
    (request,) = upstream.requests
    assert request.path == "/v1/model/anthropic.claude-v1%3A0/converse"
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20")
    assert "wJalr-secret" not in str(request.headers)
    booked = await row(home)
    assert (booked["cost"], booked["input"], booked["cached"], booked["output"]) == (COST, 310, 300, 20)


async def test_a_stream_of_frames_is_a_stream_of_chunks(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    calls = [tool_use("t1", "weather", city="Zürich"), tool_use("t2", "weather")]
    upstream.script(*stream_script(stream(text("Let me see."), *calls, stop="tool_use", told=COUNTED)))

    async with sdk.chat.completions.stream(model="claude", messages=HELLO, tools=TOOLS) as streaming:
        answer = await streaming.get_final_completion()

    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("Let me see.", "tool_calls")
    assert choice.message.tool_calls is not None
    made = [(each.id, each.function.name, json.loads(each.function.arguments)) for each in choice.message.tool_calls]
    assert made == [("t1", "weather", {"city": "Zürich"}), ("t2", "weather", {})]
    assert (await row(home))["cost"] == COST


async def test_f24_an_exception_after_200_is_an_error(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(*stream_script([*stream(text("Paris."))[:2], exception("throttlingException", "slow down")]))

    asking = await sdk.chat.completions.create(model="claude", messages=HELLO, stream=True)
    with pytest.raises(openai.APIError):
        [chunk async for chunk in asking]
