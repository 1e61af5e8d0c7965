"""The official `anthropic` SDK, changed by its base URL alone, against an OpenAI-shaped and an Anthropic upstream."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam, TextBlock, ThinkingBlock, ToolParam, ToolUseBlock

from tests.doubles import answers
from tests.doubles import anthropic_answers as theirs
from tests.doubles.anthropic_answers import stream_script, whole_script
from tests.doubles.two_houses import Both, both
from tests.doubles.upstream import Close, Send, refusal

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


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_parallel_tool_calls_streamed_and_their_results_sent_back(
    house: Both, sdk: anthropic.AsyncAnthropic, model: str
) -> None:
    house.open.script(
        *calls(
            {"index": 0, "id": "call_a", "type": "function", "function": {"name": "weather", "arguments": ""}},
            {"index": 0, "function": {"arguments": '{"city":'}},
            {"index": 0, "function": {"arguments": '"Paris"}'}},
            {"index": 1, "id": "call_b", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
        )
    )
    uses = theirs.tool_use("call_a", "weather", city="Paris"), theirs.tool_use("call_b", "weather", city="Rome")
    house.anthropic.script(*stream_script(theirs.stream(*uses, stop="tool_use")))
    house.anthropic.script(*whole_script(theirs.text("Sunny in both.")))
    asked: list[MessageParam] = [{"role": "user", "content": "The weather in Paris and Rome?"}]

    async with sdk.messages.stream(model=model, max_tokens=90, messages=asked, tools=[WEATHER]) as stream:
        message = await stream.get_final_message()

    assert message.stop_reason == "tool_use"
    found = [block for block in message.content if isinstance(block, ToolUseBlock)]
    assert [(use.id, use.name, use.input) for use in found] == [
        ("call_a", "weather", {"city": "Paris"}),
        ("call_b", "weather", {"city": "Rome"}),
    ]
    asked += [
        {"role": "assistant", "content": message.content},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_a", "content": "sunny"},
                {"type": "tool_result", "tool_use_id": "call_b", "content": "no such city", "is_error": True},
            ],
        },
    ]
    assert (await sdk.messages.create(model=model, max_tokens=90, messages=asked, tools=[WEATHER])).content
    if model == "paid":
        sent = house.open.requests[-1].json()["messages"]
        assert [turn["role"] for turn in sent] == ["user", "assistant", "tool", "tool"]
        assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
        assert [turn["content"] for turn in sent[2:]] == ["sunny", "Error: no such city"]
    else:
        sent = house.anthropic.requests[-1].json()["messages"]
        assert sent[2]["content"][1]["is_error"] is True


async def test_thinking_keeps_its_signature(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.anthropic.script(*stream_script(theirs.stream(theirs.thinking("hm", "sig=="), theirs.text("Yes."))))

    async with sdk.messages.stream(
        model="claude", max_tokens=2000, messages=FRANCE, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as stream:
        message = await stream.get_final_message()

    thought, text = message.content
    assert isinstance(thought, ThinkingBlock)
    assert (thought.thinking, thought.signature, text.type) == ("hm", "sig==", "text")
    assert house.anthropic.requests[0].json()["thinking"] == {"type": "enabled", "budget_tokens": 1024}


async def test_another_providers_reasoning_is_thinking_without_a_signature(
    house: Both, sdk: anthropic.AsyncAnthropic
) -> None:
    chunks = [
        answers.chunk({"role": "assistant", "reasoning_content": "hm"}),
        answers.chunk({"content": "Yes."}),
        answers.chunk({}, finish="stop"),
        answers.DONE,
    ]
    for _ in range(2):
        house.open.script(Send(answers.stream_head() + answers.chunked(*chunks)))

    async with sdk.messages.stream(
        model="paid", max_tokens=2000, messages=FRANCE, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as stream:
        asked = await stream.get_final_message()
    async with sdk.messages.stream(model="paid", max_tokens=2000, messages=FRANCE) as stream:
        plain = await stream.get_final_message()

    thought, _ = asked.content
    assert isinstance(thought, ThinkingBlock)
    assert (thought.thinking, thought.signature) == ("hm", "")
    assert [block.type for block in plain.content] == ["text"]
    assert house.open.requests[0].json()["reasoning_effort"] == "low"


async def test_what_was_thought_elsewhere_does_not_trouble_anthropic(
    house: Both, sdk: anthropic.AsyncAnthropic
) -> None:
    house.anthropic.script(*whole_script(theirs.text("Because.")))
    thought = ThinkingBlock(type="thinking", thinking="hm", signature="")
    turns: list[MessageParam] = [
        *FRANCE,
        {"role": "assistant", "content": [thought, TextBlock(type="text", text="Paris.")]},
        {"role": "user", "content": "Why?"},
    ]

    await sdk.messages.create(model="claude", max_tokens=50, messages=turns)

    sent = house.anthropic.requests[0].json()["messages"]
    assert [block["type"] for block in sent[1]["content"]] == ["text"]


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


async def test_counting(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.anthropic.script(Send(answers.response(b'{"input_tokens": 14}')))

    exact = await sdk.messages.count_tokens(model="claude", messages=FRANCE, system="Be brief.", tools=[WEATHER])
    raw = await sdk.messages.with_raw_response.count_tokens(model="paid", messages=FRANCE)

    assert exact.input_tokens == 14
    assert raw.headers["x-halfpenny-count"] == "estimated"
    assert (await raw.parse()).input_tokens == 12


async def test_the_beta_client(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    house.anthropic.script(*whole_script(theirs.text("Yes.")))

    message = await sdk.beta.messages.create(
        model="claude", max_tokens=50, messages=[{"role": "user", "content": "hi"}], betas=["context-management-x"]
    )

    assert message.content[0].type == "text"
    assert house.anthropic.requests[0].headers["anthropic-beta"] == "context-management-x"


async def test_errors_are_the_sdks_own_exceptions(house: Both, sdk: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        await sdk.with_options(api_key="sk-hp-wrong").messages.create(model="paid", max_tokens=5, messages=FRANCE)
    with pytest.raises(anthropic.NotFoundError, match="Nearest"):
        await sdk.messages.create(model="paid-2", max_tokens=5, messages=FRANCE)
    with pytest.raises(anthropic.BadRequestError) as negative:
        await sdk.messages.create(model="paid", max_tokens=-5, messages=FRANCE)
    assert isinstance(negative.value.body, dict)
    assert negative.value.body["error"]["param"] == "max_tokens"
    with pytest.raises(anthropic.NotFoundError):
        await sdk.messages.batches.list()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("429 Too Many Requests", anthropic.RateLimitError),
        ("529 Overloaded", anthropic.APIStatusError),
        ("500 Internal Server Error", anthropic.APIStatusError),
        ("413 Payload Too Large", anthropic.APIStatusError),
    ],
)
async def test_an_upstreams_failure_is_one_of_them(
    house: Both, sdk: anthropic.AsyncAnthropic, status: str, kind: type[anthropic.APIStatusError]
) -> None:
    for _ in range(4):
        house.anthropic.script(*refusal(status, theirs.error("some_error", "Not now.")))

    with pytest.raises(kind) as raised:
        await sdk.messages.create(model="claude", max_tokens=5, messages=FRANCE)

    expected = {"429": 429, "529": 503, "500": 503, "413": 413}[status[:3]]
    assert raised.value.status_code == expected


@pytest.mark.parametrize("model", ["paid", "claude"])
async def test_f18_a_stream_that_breaks_raises(house: Both, sdk: anthropic.AsyncAnthropic, model: str) -> None:
    cut = b"".join(theirs.stream(theirs.text("Paris."))[:4])
    house.anthropic.script(Send(answers.stream_head() + answers.chunked(cut, last=False)), Close())
    cut = b"".join(answers.chat_events(["Par", "is."])[:2])
    house.open.script(Send(answers.stream_head() + answers.chunked(cut, last=False)), Close())
    texts = []

    with pytest.raises(anthropic.APIStatusError) as raised:
        async with sdk.messages.stream(model=model, max_tokens=50, messages=FRANCE) as stream:
            texts += [text async for text in stream.text_stream]

    assert isinstance(raised.value.body, dict)
    assert raised.value.body["error"]["code"] == "upstream_disconnected"
    (row,) = house.home.rows()
    assert (row["state"], row["usage_source"]) == ("settled", "estimated")


async def test_the_sdk_tries_again_when_that_helps_and_not_when_it_does_not(tmp_path: Path) -> None:
    more = "budgets: [{name: day, window: day, limit: $0.000001}]"
    async with (
        both(tmp_path, more=more) as house,
        anthropic.AsyncAnthropic(base_url=base(house), api_key=house.home.key, max_retries=2) as client,
    ):
        with pytest.raises(anthropic.RateLimitError) as raised:
            await client.messages.create(model="paid", max_tokens=50, messages=FRANCE)

        assert isinstance(raised.value.body, dict)
        assert raised.value.body["error"]["code"] == "insufficient_quota"
        assert house.open.requests == []
        assert raised.value.response.headers["x-should-retry"] == "false"
    assert len([line for line in house.home.log.read_text().splitlines() if "insufficient_quota" in line]) == 1
