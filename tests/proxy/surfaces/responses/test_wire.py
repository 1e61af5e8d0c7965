"""Every response and event is one of the official SDK's own types, strictly; what would be broken is refused first."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.doubles.answers import chat_body, chat_events, chunk, chunked, response, stream_head
from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Close, Send, Upstream

EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
ALL_NULL = dict.fromkeys(
    (
        *("background", "conversation", "include", "instructions", "max_output_tokens", "max_tool_calls", "metadata"),
        *("parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "reasoning", "service_tier"),
        *("store", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p"),
        *("truncation", "user"),
    )
)
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}
USED: dict[str, Any] = {
    "tools": [TOOL],
    "tool_choice": {"type": "function", "name": "f"},
    "text": {"verbosity": "low"},
    "reasoning": {"effort": "low"},
    "metadata": {"a": "b"},
    "include": ["message.output_text.logprobs"],
    "top_logprobs": 2,
}


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """A proxy before the scripted upstream."""
    async with house(tmp_path, PRICED.format(url=upstream.base_url)) as served:
        yield served


async def asked(home: House, **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {home.key}"}, timeout=60) as client:
        return await client.post(f"{home.url}/responses", json={"model": "paid", "input": "hi", **body})


def data(answer: httpx.Response) -> list[str]:
    return [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]


@pytest.mark.parametrize("fields", [{}, ALL_NULL, USED])
async def test_it_is_the_sdks_own_type(home: House, upstream: Upstream, fields: dict[str, Any]) -> None:
    upstream.script(Send(response(chat_body("Hi."))))
    whole = await asked(home, **fields)
    read = Response.model_validate_json(whole.text, strict=True)
    assert (read.output_text, read.parallel_tool_calls, read.truncation) == ("Hi.", True, "disabled")
    assert read.tools == [] or fields is USED

    streamed = await asked(home, **{**fields, "stream": True})
    events = [EVENT.validate_json(line, strict=True) for line in data(streamed)]
    assert [event.sequence_number for event in events] == list(range(len(events)))


async def test_a_broken_stream_ends_with_the_sdks_own_error(home: House, upstream: Upstream) -> None:
    cut = [Send(chunked(event, last=False)) for event in chat_events(["Par", "is."])[:2]]
    upstream.script(Send(stream_head()), *cut, Close())
    lines = data(await asked(home, stream=True))
    last = [EVENT.validate_json(line, strict=True) for line in lines][-1]
    assert (last.type, last.sequence_number) == ("error", len(lines) - 1)


async def test_parallel_calls_after_a_text_are_the_sdks_own_events(home: House, upstream: Upstream) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    events = [
        chunk({"role": "assistant", "content": "Well. "}),
        chunk({"tool_calls": [{"index": 0, **call}]}),
        chunk({"tool_calls": [{"index": 1, **call, "id": "c2"}]}),
        *chat_events([])[1:],
    ]
    upstream.script(Send(stream_head()), *(Send(chunked(event, last=False)) for event in events), Send(chunked()))
    told = [EVENT.validate_json(line, strict=True) for line in data(await asked(home, stream=True, tools=[TOOL]))]
    last = told[-1]
    assert last.type == "response.completed"
    assert [item.type for item in last.response.output] == ["message", "function_call", "function_call"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"text": {"format": {"type": "json_schema"}}}, "text"),
        ({"text": {"format": {"type": "json_schema", "name": "x", "schema": None}}}, "text"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice"),
        ({"input": [{"role": "user", "content": "x"}, None]}, "input"),
    ],
)
async def test_what_would_break_the_upstreams_body_is_refused(
    home: House, upstream: Upstream, fields: dict[str, Any], param: str
) -> None:
    answer = await asked(home, **fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not upstream.requests
    assert home.rows() == []


async def test_nulls_in_items_say_nothing(home: House, upstream: Upstream) -> None:
    said = [{"type": None, "role": "user", "content": "x", "id": None, "status": None}]
    assert (await asked(home, input=said)).status_code == 200
    assert [turn["content"] for turn in upstream.requests[0].json()["messages"]] == ["x"]
