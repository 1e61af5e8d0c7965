"""A chat client of the official SDK, an upstream that speaks Anthropic's bytes, and the row between them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.doubles import anthropic_answers as answers
from tests.doubles.anthropic_answers import stream, stream_script, text, tool_use, usage, whole_script
from tests.doubles.eventually import eventually
from tests.doubles.house import House, house
from tests.doubles.upstream import Close, Upstream, refusal

CONFIG = """
providers:
  claude: {{dialect: anthropic, base_url: "{url}", credential: upstream-secret}}
models:
  claude-haiku-4-5: {{provider: claude}}
"""
# n$ a token, as the shipped table prices claude-haiku-4-5
INPUT, CACHED, WRITTEN, OUTPUT = 1_000, 100, 1_250, 5_000
MODEL = "claude-haiku-4-5"
HELLO: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather"}}]
COUNTED = usage(10, 20, read=300, written=400)
COST = 10 * INPUT + 300 * CACHED + 400 * WRITTEN + 20 * OUTPUT


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy whose one model is Claude at the scripted upstream."""
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


async def test_a_whole_answer(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(*whole_script(text("Paris."), told=COUNTED))

    answer = await sdk.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=200)

    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("Paris.", "stop")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (710, 20)
    assert answer.usage.prompt_tokens_details is not None and answer.usage.prompt_tokens_details.cached_tokens == 300
    (request,) = upstream.requests
    assert (request.path, request.headers["x-api-key"]) == ("/v1/messages", "upstream-secret")
    assert "authorization" not in request.headers
    assert request.json() == {
        "model": MODEL,
        "max_tokens": 200,
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }
    booked = await row(home)
    assert (booked["cost"], booked["input"], booked["cached"], booked["output"]) == (COST, 710, 300, 20)
    assert (booked["usage_source"], booked["answered"]) == ("provider", answers.MODEL)


async def test_a_streamed_text_with_usage_once_at_its_end(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    upstream.script(*stream_script(stream(text("Paris é."), told=COUNTED, begun=usage(10, 1, read=300, written=400))))

    asking = await sdk.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in asking]

    said = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in said) == "Paris é."
    assert [choice.finish_reason for choice in said if choice.finish_reason] == ["stop"]
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == [20]
    assert chunks[-1].usage is not None and chunks[-1].usage.model_dump()["cost"] == COST / 10**9
    assert (await row(home))["cost"] == COST


async def test_streamed_parallel_tool_calls(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    calls = [tool_use("toolu_1", "weather", city="Zürich"), tool_use("toolu_2", "weather")]
    upstream.script(*stream_script(stream(text("Let me see."), *calls, stop="tool_use", told=COUNTED)))

    async with sdk.chat.completions.stream(model=MODEL, messages=HELLO, tools=TOOLS) as streaming:
        answer = await streaming.get_final_completion()

    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("Let me see.", "tool_calls")
    assert choice.message.tool_calls is not None
    made = [(call.id, call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls]
    assert made == [("toolu_1", "weather", {"city": "Zürich"}), ("toolu_2", "weather", {})]
    assert (await row(home))["cost"] == COST


async def test_a_whole_answer_with_tools_and_their_results_on_the_way_back(
    sdk: openai.AsyncOpenAI, upstream: Upstream
) -> None:
    calls = [tool_use("toolu_1", "weather", city="Bern"), tool_use("toolu_2", "weather", city="Basel")]
    upstream.script(*whole_script(*calls, stop="tool_use"))
    upstream.script(*whole_script(text("Sunny.")))

    first = await sdk.chat.completions.create(model=MODEL, messages=HELLO, tools=TOOLS)
    results: list[Any] = [{"role": "tool", "tool_call_id": id, "content": "sunny"} for id in ("toolu_1", "toolu_2")]
    said: Any = first.choices[0].message.model_dump(exclude_none=True)
    second = await sdk.chat.completions.create(model=MODEL, messages=[*HELLO, said, *results], tools=TOOLS)

    assert second.choices[0].message.content == "Sunny."
    turns = upstream.requests[1].json()["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"] == calls
    assert [block["tool_use_id"] for block in turns[2]["content"]] == ["toolu_1", "toolu_2"]


async def test_a_refusal_passes_in_openais_words_and_costs_nothing(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    told = answers.error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
    upstream.script(*refusal("400 Bad Request", told))

    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.chat.completions.create(model=MODEL, messages=HELLO)

    assert raised.value.code == "context_length_exceeded"
    booked = await row(home)
    assert (booked["state"], booked["cost"]) == ("void", 0)


async def test_what_cannot_be_asked_is_refused_by_name_and_leaves_no_hold(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.chat.completions.create(model=MODEL, messages=HELLO, frequency_penalty=1.0)

    assert (raised.value.param, raised.value.code) == ("frequency_penalty", "unsupported_feature")
    assert upstream.requests == []
    assert not [found for found in home.rows() if found["state"] == "held" or found["cost"]]


async def test_an_answer_that_is_cut_is_an_error_and_pays_for_what_came(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    sent = stream(text("Paris."), begun=usage(10, 1, read=300))[:4]
    upstream.script(*stream_script(sent)[: len(sent) + 1], Close())

    asking = await sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    with pytest.raises(openai.APIError) as raised:
        [chunk async for chunk in asking]

    assert raised.value.code == "upstream_disconnected"
    booked = await row(home)
    assert (booked["input"], booked["output"], booked["usage_source"]) == (310, 1, "estimated")
    assert booked["cost"] == 10 * INPUT + 300 * CACHED + 1 * OUTPUT


async def test_an_overload_after_200_is_an_error(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    begun = [answers.start(), *answers.block_events(0, text("Pa")), answers.error_event("overloaded_error", "busy")]
    upstream.script(*stream_script(begun))

    asking = await sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    with pytest.raises(openai.APIError) as raised:
        [chunk async for chunk in asking]

    assert raised.value.code == "upstream_unavailable"
