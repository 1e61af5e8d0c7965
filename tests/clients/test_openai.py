"""The official `openai` SDK, changed by its base URL alone: both clients, stream helper, `.parse()`, raw answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam
from pydantic import BaseModel

from tests.doubles import answers
from tests.doubles.house import House
from tests.doubles.upstream import Close, Send, Upstream, chat_json, chat_stream, refusal

FRANCE: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "What is the capital of France?"}]


class Weather(BaseModel):
    """The weather in a city."""

    city: str
    degrees: int


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The asynchronous client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as client:
        yield client


async def test_a_whole_answer(home: House, sdk: openai.AsyncOpenAI) -> None:
    answer = await sdk.chat.completions.create(model="paid", messages=FRANCE)

    assert answer.choices[0].message.content == "Paris."
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (9, 3)
    assert answer._request_id == home.rows()[0]["id"]


async def test_a_synchronous_client(home: House) -> None:
    def ask() -> tuple[str | None, str]:
        with openai.OpenAI(base_url=home.url, api_key=home.key, max_retries=0) as client:
            whole = client.chat.completions.create(model="paid", messages=FRANCE)
            stream = client.chat.completions.create(model="paid", messages=FRANCE, stream=True)
            pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        return whole.choices[0].message.content, "".join(pieces)

    assert await asyncio.to_thread(ask) == ("Paris.", "Paris.")


async def test_the_stream_helper(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(*chat_stream(["Par", "is", "."]))

    async with sdk.chat.completions.stream(
        model="paid", messages=FRANCE, stream_options={"include_usage": True}
    ) as stream:
        deltas = [event.delta async for event in stream if event.type == "content.delta" and event.delta]
        final = await stream.get_final_completion()

    assert deltas == ["Par", "is", "."]
    assert (final.choices[0].message.content, final.choices[0].finish_reason) == ("Paris.", "stop")
    assert final.usage is not None
    assert final.usage.completion_tokens == 3


async def test_parse_an_answer_by_a_schema(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(*chat_json('{"city": "Paris", "degrees": 21}'))

    parsed = await sdk.chat.completions.parse(model="paid", messages=FRANCE, response_format=Weather)

    assert parsed.choices[0].message.parsed == Weather(city="Paris", degrees=21)
    asked = upstream.requests[0].json()["response_format"]
    assert (asked["type"], asked["json_schema"]["strict"]) == ("json_schema", True)


async def test_parse_a_tool_call(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "Weather", "arguments": '{"city":"Rome","degrees":30}'},
    }
    body = json.loads(answers.chat_body(finish="tool_calls"))
    body["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    upstream.script(Send(answers.response(json.dumps(body).encode())))

    parsed = await sdk.chat.completions.parse(
        model="paid", messages=FRANCE, tools=[openai.pydantic_function_tool(Weather)]
    )

    (asked,) = parsed.choices[0].message.tool_calls or []
    assert asked.id == "call_1"
    assert asked.function.parsed_arguments == Weather(city="Rome", degrees=30)


async def test_raw_answers_have_our_headers(sdk: openai.AsyncOpenAI) -> None:
    raw = await sdk.chat.completions.with_raw_response.create(model="paid", messages=FRANCE)
    async with sdk.chat.completions.with_streaming_response.create(model="paid", messages=FRANCE) as streamed:
        body = json.loads(await streamed.read())

    assert (raw.headers["x-halfpenny-route"], raw.headers["x-halfpenny-model"]) == ("upstream", "paid")
    assert raw.parse().choices[0].message.content == "Paris."
    assert body["choices"][0]["message"]["content"] == "Paris."


async def test_responses(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    whole = await sdk.responses.create(model="paid", input="What is the capital of France?", store=False)
    async with sdk.responses.stream(model="paid", input="What is the capital of France?", store=False) as stream:
        deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    upstream.script(*chat_json('{"city": "Paris", "degrees": 21}'))
    parsed = await sdk.responses.parse(model="paid", input="?", text_format=Weather, store=False)

    assert whole.output_text == "Paris."
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (9, 3)
    assert ("".join(deltas), final.output_text, final.status) == ("Paris.", "Paris.", "completed")
    assert parsed.output_parsed == Weather(city="Paris", degrees=21)


async def test_legacy_completions(sdk: openai.AsyncOpenAI) -> None:
    whole = await sdk.completions.create(model="paid", prompt="The capital of France?", max_tokens=20)
    stream = await sdk.completions.create(model="paid", prompt="The capital of France?", max_tokens=20, stream=True)

    assert whole.choices[0].text == "Paris."
    assert "".join([chunk.choices[0].text async for chunk in stream if chunk.choices]) == "Paris."


async def test_models(sdk: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in sdk.models.list()] == ["auto", "paid"]
    assert (await sdk.models.retrieve("paid")).id == "paid"
    with pytest.raises(openai.NotFoundError):
        await sdk.models.retrieve("paid-2")


@pytest.mark.parametrize(
    ("status", "kind"),
    [("429 Too Many Requests", openai.RateLimitError), ("500 Internal Server Error", openai.InternalServerError)],
)
async def test_an_upstreams_failure_is_the_sdks_exception(
    sdk: openai.AsyncOpenAI, upstream: Upstream, status: str, kind: type[openai.APIStatusError]
) -> None:
    for _ in range(4):
        upstream.script(*refusal(status, answers.error_body("Not now.")))

    with pytest.raises(kind) as raised:
        await sdk.chat.completions.create(model="paid", messages=FRANCE)

    assert raised.value.request_id


async def test_our_refusals_are_the_sdks_exceptions(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        await sdk.with_options(api_key="sk-hp-wrong").chat.completions.create(model="paid", messages=FRANCE)
    with pytest.raises(openai.BadRequestError) as negative:
        await sdk.chat.completions.create(model="paid", messages=FRANCE, max_tokens=-5)
    assert negative.value.param == "max_tokens"
    with pytest.raises(openai.NotFoundError):
        await sdk.fine_tuning.jobs.retrieve("none")


@pytest.mark.parametrize("surface", ["chat", "responses"])
async def test_f18_a_stream_that_breaks_raises(sdk: openai.AsyncOpenAI, upstream: Upstream, surface: str) -> None:
    cut = b"".join(answers.chat_events(["Par", "is."])[:2])
    upstream.script(Send(answers.stream_head() + answers.chunked(cut, last=False)), Close())
    stream: Any
    if surface == "chat":
        stream = await sdk.chat.completions.create(model="paid", messages=FRANCE, stream=True)
    else:
        stream = await sdk.responses.create(model="paid", input="?", stream=True, store=False)

    with pytest.raises(openai.APIError, match="in the middle"):
        _ = [event async for event in stream]
