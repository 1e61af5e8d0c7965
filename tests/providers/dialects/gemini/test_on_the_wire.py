"""The official OpenAI SDK, a scripted upstream that speaks Gemini's bytes, and the row between them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.doubles.answers import response
from tests.doubles.eventually import eventually
from tests.doubles.gemini_answers import call, error, stream, stream_script, text, thought, usage, whole_script, written
from tests.doubles.house import House, house
from tests.doubles.upstream import Close, Send, Upstream, refusal

CONFIG = """
providers:
  google: {{dialect: gemini, base_url: "{url}", credential: upstream-secret}}
models:
  gemini-2.5-flash: {{provider: google, price: {{input: $1, cached: $0.25, output: $10}}}}
  embedder: {{provider: google, upstream: gemini-embedding-001, task: embeddings, price: {{input: $1, output: $0}}}}
"""
# n$ a token
INPUT, CACHED, OUTPUT = 1_000, 250, 10_000
MODEL = "gemini-2.5-flash"
HELLO: list[Any] = [{"role": "user", "content": "hi"}]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather"}}]
COUNTED = usage(310, 20, thoughts=30, cached=300)
COST = 10 * INPUT + 300 * CACHED + 50 * OUTPUT


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy whose models are Gemini's at the scripted upstream."""
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

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Paris.", "stop")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (310, 50)
    (request,) = upstream.requests
    assert (request.path, request.headers["x-goog-api-key"]) == (
        f"/v1/models/{MODEL}:generateContent",
        "upstream-secret",
    )
    assert request.json()["generationConfig"] == {"maxOutputTokens": 200}
    booked = await row(home)
    assert (booked["cost"], booked["input"], booked["cached"], booked["output"]) == (COST, 310, 300, 50)


async def test_a_stream_with_thoughts_and_calls(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(
        *stream_script(stream(thought("Hm."), text("Let me see."), call("weather", city="Zürich"), told=COUNTED))
    )

    async with sdk.chat.completions.stream(model=MODEL, messages=HELLO, tools=TOOLS) as streaming:
        answer = await streaming.get_final_completion()

    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("Let me see.", "tool_calls")
    assert choice.message.tool_calls is not None
    (made,) = choice.message.tool_calls
    assert (made.function.name, json.loads(made.function.arguments)) == ("weather", {"city": "Zürich"})
    assert (await row(home))["cost"] == COST


async def test_results_find_their_way_back(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(*whole_script(call("weather", city="Bern")))
    upstream.script(*whole_script(text("Sunny.")))

    first = await sdk.chat.completions.create(model=MODEL, messages=HELLO, tools=TOOLS)
    said: Any = first.choices[0].message.model_dump(exclude_none=True)
    result: Any = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "sunny"}
    second = await sdk.chat.completions.create(model=MODEL, messages=[*HELLO, said, result], tools=TOOLS)

    assert second.choices[0].message.content == "Sunny."
    answered = upstream.requests[1].json()["contents"][2]["parts"][0]["functionResponse"]
    assert (answered["name"], answered["response"]) == ("weather", {"result": "sunny"})


async def test_f18_a_stream_that_is_cut_is_an_error_and_pays_for_what_came(
    sdk: openai.AsyncOpenAI, upstream: Upstream, home: House
) -> None:
    sent = stream(text("Pa"), text("ris."), told=usage(10, 9))[:1]
    upstream.script(*stream_script(sent)[:2], Close())

    asking = await sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    with pytest.raises(openai.APIError) as raised:
        [chunk async for chunk in asking]

    assert raised.value.code == "upstream_disconnected"
    booked = await row(home)
    assert (booked["input"], booked["cost"] >= 10 * INPUT + OUTPUT) == (10, True)


async def test_a_wrong_key_is_the_operators_trouble(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    told = error(400, "INVALID_ARGUMENT", "API key upstream-secret not valid.", {"reason": "API_KEY_INVALID"})
    upstream.script(*refusal("400 Bad Request", told))

    with pytest.raises(openai.APIStatusError) as raised:
        await sdk.chat.completions.create(model=MODEL, messages=HELLO)

    assert (raised.value.status_code >= 500, "upstream-secret" in str(raised.value)) == (True, False)
    assert (await row(home))["cost"] == 0


async def test_embeddings(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    vectors = {"embeddings": [{"values": [0.5, -1.0]}, {"values": [0.25, 2.0]}]}
    upstream.script(Send(response(written(vectors))))

    answer = await sdk.embeddings.create(model="embedder", input=["a", "b"])

    assert [each.embedding for each in answer.data] == [[0.5, -1.0], [0.25, 2.0]]
