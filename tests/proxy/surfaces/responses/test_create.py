"""Responses by the official SDK: created, streamed, gone on with, over real sockets and scripted upstreams."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.doubles import anthropic_answers, bedrock_answers
from tests.doubles.answers import DONE, chat_body, chat_events, chunk, chunked, response, stream_head, usage
from tests.doubles.eventually import eventually
from tests.doubles.house import INPUT, OUTPUT, House, house
from tests.doubles.upstream import Close, Script, Send, Upstream, refusal

CONFIG = """
providers:
  up: {{dialect: openai, base_url: "{url}", credential: upstream-secret}}
  claude: {{dialect: anthropic, base_url: "{url}", credential: upstream-secret}}
  aws: {{dialect: bedrock, base_url: "{url}", region: us-east-1, credential: "a:b"}}
models:
  paid: {{provider: up, upstream: upstream-1, price: {{input: $2.50, output: $10}}}}
  haiku: {{provider: claude, upstream: claude-haiku-4-5, price: {{input: $2.50, output: $10}}}}
  nova: {{provider: aws, price: {{input: $2.50, output: $10}}}}
"""
TOLD = usage(9, 3)
COST = 9 * INPUT + 3 * OUTPUT
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "strict": True,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy before the scripted upstream, which speaks three dialects."""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url)) as served:
        yield served


@pytest.fixture
async def sdk(home: House) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client."""
    async with openai.AsyncOpenAI(base_url=home.url, api_key=home.key, max_retries=0) as made:
        yield made


def script(events: list[bytes]) -> Script:
    """An upstream's stream, a write for each event."""
    return (Send(stream_head()), *(Send(chunked(event, last=False)) for event in events), Send(chunked()))


async def cost(home: House) -> int:
    """What the one row says, as soon as it is final."""

    def final() -> list[dict[str, Any]]:
        return [found for found in home.rows() if found["state"] == "settled"]

    (found,) = await eventually(final)
    return int(found["cost"])


async def test_a_whole_response(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(Send(response(chat_body("Paris.", told=TOLD))))

    answer = await sdk.responses.create(
        model="paid",
        input="The capital of France?",
        instructions="Be brief.",
        max_output_tokens=50,
        metadata={"a": "b"},
    )

    assert (answer.output_text, answer.status, answer.instructions) == ("Paris.", "completed", "Be brief.")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (9, 3, 12)
    assert answer.metadata == {"a": "b"}
    asked = upstream.requests[0].json()
    assert upstream.requests[0].path == "/v1/chat/completions"
    assert [turn["role"] for turn in asked["messages"]] == ["system", "user"]
    assert asked["max_completion_tokens" if "max_completion_tokens" in asked else "max_tokens"] == 50
    assert not {"input", "instructions", "store"} & asked.keys()
    assert await cost(home) == COST


async def test_a_stream_has_the_whole_row_of_events(sdk: openai.AsyncOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(*script(chat_events(["Pa", "ris."], told=TOLD)))

    stream = await sdk.responses.create(model="paid", input="The capital?", stream=True)
    events = [event async for event in stream]

    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == "Paris."
    assert last.response.usage is not None and last.response.usage.model_dump()["cost"] == COST / 10**9
    assert await cost(home) == COST


async def test_the_stream_helper_and_parallel_calls(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    calls = [
        {"index": at, "id": f"call_{at}", "type": "function", "function": {"name": "weather", "arguments": ""}}
        for at in (0, 1)
    ]
    pieces = [
        {"index": at, "function": {"arguments": f'{{"city":"{city}"}}'}} for at, city in enumerate(["Bern", "Basel"])
    ]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "Let me see."}]
    deltas += [{"tool_calls": [call]} for pair in zip(calls, pieces, strict=True) for call in pair]
    events = [*(chunk(delta) for delta in deltas), chunk({}, finish="tool_calls"), chunk(None, told=TOLD), DONE]
    upstream.script(*script(events))

    async with sdk.responses.stream(model="paid", input="Weather?", tools=[WEATHER]) as streaming:
        async for _event in streaming:
            pass
        answer = await streaming.get_final_response()

    kinds = [item.type for item in answer.output]
    assert kinds == ["message", "function_call", "function_call"]
    made = [
        (item.call_id, item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"
    ]
    assert made == [("call_0", "weather", {"city": "Bern"}), ("call_1", "weather", {"city": "Basel"})]
    (tool,) = upstream.requests[0].json()["tools"]
    assert tool == {"type": "function", "function": {name: WEATHER[name] for name in ("name", "parameters", "strict")}}


async def test_results_of_calls_go_back(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(Send(response(chat_body("Sunny."))))
    items: list[Any] = [
        {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Bern"}'},
        {"type": "function_call", "call_id": "c2", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
        {"type": "function_call_output", "call_id": "c2", "output": "rain"},
    ]

    answered = await sdk.responses.with_raw_response.create(model="paid", input=items, tools=[WEATHER])

    assert answered.parse().output_text == "Sunny."
    told = upstream.requests[0].json()["messages"]
    assert [turn["role"] for turn in told] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in told[1]["tool_calls"]] == ["c1", "c2"]
    assert answered.headers["x-halfpenny-dropped"] == "input.reasoning"


class City(BaseModel):
    """What a structured answer holds."""

    name: str
    people: int


async def test_structured_output_is_parsed(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(Send(response(chat_body('{"name":"Bern","people":134591}'))))

    answer = await sdk.responses.parse(model="paid", input="A city", text_format=City)

    assert answer.output_parsed == City(name="Bern", people=134591)
    wanted = upstream.requests[0].json()["response_format"]
    assert (wanted["type"], wanted["json_schema"]["strict"]) == ("json_schema", True)
    assert wanted["json_schema"]["schema"]["required"] == ["name", "people"]


@pytest.mark.parametrize(("model", "told"), [("haiku", "anthropic"), ("nova", "bedrock")])
async def test_it_reaches_other_providers(sdk: openai.AsyncOpenAI, upstream: Upstream, model: str, told: str) -> None:
    if told == "anthropic":
        blocks = [anthropic_answers.thinking("Hm."), anthropic_answers.text("Hi.")]
        upstream.script(*anthropic_answers.stream_script(anthropic_answers.stream(*blocks)))
    else:
        upstream.script(
            *bedrock_answers.stream_script(
                bedrock_answers.stream(bedrock_answers.thought("Hm."), bedrock_answers.text("Hi."))
            )
        )

    async with sdk.responses.stream(model=model, input="Hello") as streaming:
        kinds = [event.type async for event in streaming]
        answer = await streaming.get_final_response()

    assert answer.output_text == "Hi."
    assert [item.type for item in answer.output] == ["reasoning", "message"]
    assert "response.reasoning_text.delta" in kinds


async def test_an_answer_that_was_too_long_is_incomplete(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(Send(response(chat_body("Par", finish="length"))))
    answer = await sdk.responses.create(model="paid", input="x", max_output_tokens=1)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None and answer.incomplete_details.reason == "max_output_tokens"


async def test_f18_a_stream_that_breaks_raises(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    upstream.script(*script(chat_events(["Pa", "ris."])[:2])[:-1], Close())

    stream = await sdk.responses.create(model="paid", input="x", stream=True)
    with pytest.raises(openai.APIError) as raised:
        [event async for event in stream]
    assert raised.value.code == "upstream_disconnected"


async def test_a_refusal_of_the_upstream_is_the_sdks_exception(sdk: openai.AsyncOpenAI, upstream: Upstream) -> None:
    told = b'{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}'
    upstream.script(*refusal("400 Bad Request", told))
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.responses.create(model="paid", input="x")
    assert raised.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": []}, "input"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input"),
        ({"input": [{"type": "function_call", "name": "x"}]}, "input"),
        ({"input": [{"type": "computer_call", "id": "x"}]}, "input"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}, "input"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"background": True}, "background"),
        ({"truncation": "auto"}, "truncation"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"previous_response_id": "resp_nobody"}, "previous_response_id"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
    ],
)
async def test_what_cannot_be_said_is_refused_by_name(
    sdk: openai.AsyncOpenAI, upstream: Upstream, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.responses.create(**{"model": "paid", "input": "x", **fields})
    assert (raised.value.param, upstream.requests) == (param, [])
