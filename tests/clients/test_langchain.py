"""`langchain-openai`, changed by its base URL alone: chat, streaming, tools against a scripted model."""

import json

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tests.doubles import answers
from tests.doubles.house import House
from tests.doubles.upstream import Send, Upstream, chat_stream


@pytest.fixture
def model(home: House) -> ChatOpenAI:
    """The priced model at the scripted upstream."""
    return ChatOpenAI(model="paid", base_url=home.url, api_key=home.key, max_retries=0)  # type: ignore[arg-type]


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


async def test_chat(model: ChatOpenAI) -> None:
    answer = await model.ainvoke("What is the capital of France?")

    assert answer.content == "Paris."
    assert answer.usage_metadata is not None
    assert (answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]) == (9, 3)


async def test_streaming(model: ChatOpenAI, upstream: Upstream, home: House) -> None:
    upstream.script(*chat_stream(["Par", "is", "."]))

    pieces = [piece async for piece in model.astream("What is the capital of France?")]

    assert "".join(str(piece.content) for piece in pieces) == "Paris."
    whole = AIMessageChunk(content="")
    for piece in pieces:
        assert isinstance(piece, AIMessageChunk)
        whole += piece
    assert [row["state"] for row in home.rows()] == ["settled"]


async def test_parallel_tool_calls_streamed_and_their_results_sent_back(model: ChatOpenAI, upstream: Upstream) -> None:
    calls = [
        {"index": 0, "id": "call_a", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city":'}},
        {"index": 0, "function": {"arguments": '"Paris"}'}},
        {
            "index": 1,
            "id": "call_b",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
        },
    ]
    chunks = [answers.chunk({"role": "assistant", "content": None})]
    chunks += [answers.chunk({"tool_calls": [call]}) for call in calls]
    chunks += [answers.chunk({}, finish="tool_calls"), answers.DONE]
    upstream.script(Send(answers.stream_head() + answers.chunked(*chunks)))
    able = model.bind_tools([weather])

    whole = AIMessageChunk(content="")
    async for piece in able.astream("The weather in Paris and Rome?"):
        assert isinstance(piece, AIMessageChunk)
        whole += piece
    asked = [(call["id"], call["name"], call["args"]) for call in whole.tool_calls]
    assert asked == [("call_a", "weather", {"city": "Paris"}), ("call_b", "weather", {"city": "Rome"})]

    results = [await weather.ainvoke(call) for call in whole.tool_calls]
    await able.ainvoke(["The weather in Paris and Rome?", whole, *results])
    sent = upstream.requests[-1].json()["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
    assert [message["tool_call_id"] for message in sent[2:]] == ["call_a", "call_b"]
