"""Tools and schemas with the official `anthropic` SDK, against both kinds of upstream."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam, ToolParam, ToolResultBlockParam, ToolUseBlock

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


def calls(*pieces: dict[str, Any]) -> tuple[Send]:
    """A chat stream of tool calls."""
    chunks = [answers.chunk({"role": "assistant", "content": None})]
    chunks += [answers.chunk({"tool_calls": [piece]}) for piece in pieces]
    chunks += [answers.chunk({}, finish="tool_calls"), answers.chunk(None, told=answers.usage(20, 9)), answers.DONE]
    return (Send(answers.stream_head() + answers.chunked(*chunks)),)


ASKED: list[MessageParam] = [{"role": "user", "content": "The weather in Paris and Rome?"}]
PIECES = (
    {"index": 0, "id": "call_a", "type": "function", "function": {"name": "weather", "arguments": ""}},
    {"index": 0, "function": {"arguments": '{"city":'}},
    {"index": 0, "function": {"arguments": '"Paris"}'}},
    {"index": 1, "id": "call_b", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
)
USES = (theirs.tool_use("call_a", "weather", city="Paris"), theirs.tool_use("call_b", "weather", city="Rome"))
RESULTS: list[ToolResultBlockParam] = [
    {"type": "tool_result", "tool_use_id": "call_a", "content": "sunny"},
    {"type": "tool_result", "tool_use_id": "call_b", "content": "no such city", "is_error": True},
]


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_parallel_tool_calls_streamed(house: Both, sdk: anthropic.AsyncAnthropic, model: str) -> None:
    house.open.script(*calls(*PIECES))
    house.anthropic.script(*stream_script(theirs.stream(*USES, stop="tool_use")))

    async with sdk.messages.stream(model=model, max_tokens=90, messages=ASKED, tools=[WEATHER]) as stream:
        message = await stream.get_final_message()

    assert message.stop_reason == "tool_use"
    found = [block for block in message.content if isinstance(block, ToolUseBlock)]
    assert [(use.id, use.name, use.input) for use in found] == [
        ("call_a", "weather", {"city": "Paris"}),
        ("call_b", "weather", {"city": "Rome"}),
    ]


async def test_calls_and_their_results_sent_back(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.open.script(*calls(*PIECES))
    house.anthropic.script(*whole_script(theirs.text("Sunny.")))
    async with sdk.messages.stream(model="paid", max_tokens=90, messages=ASKED, tools=[WEATHER]) as stream:
        made = (await stream.get_final_message()).content
    turns: list[MessageParam] = [*ASKED, {"role": "assistant", "content": made}, {"role": "user", "content": RESULTS}]

    for model in ("paid", "claude"):
        assert (await sdk.messages.create(model=model, max_tokens=90, messages=turns, tools=[WEATHER])).content

    sent = house.open.requests[-1].json()["messages"]
    assert [turn["role"] for turn in sent] == ["user", "assistant", "tool", "tool"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
    assert [turn["content"] for turn in sent[2:]] == ["sunny", "Error: no such city"]
    assert house.anthropic.requests[-1].json()["messages"][2]["content"] == RESULTS


async def test_a_schema_is_asked_of_both(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
    house.anthropic.script(*whole_script(theirs.text('{"city": "Paris"}')))
    for model in ("paid", "claude"):
        await sdk.messages.create(
            model=model,
            max_tokens=50,
            messages=FRANCE,
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )

    assert house.open.requests[0].json()["response_format"]["json_schema"]["schema"] == schema
    assert house.anthropic.requests[0].json()["output_config"]["format"]["schema"] == schema
