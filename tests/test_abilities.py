"""What the local engine can, asked through the whole program by the official SDK: schemas, tools, choices, thoughts.

The models are scripted: real llama.cpp, whose answer is known; templates are published ones.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.doubles import ggufs
from tests.doubles.ggufs import END
from tests.doubles.serving import Served, serving

TEMPLATES = Path(__file__).parent / "providers/engine/templates"
CALLING = [b'<tool_call>\n{"name": "weather", ', b'"arguments": {"city": ', b'"Oslo"}', b"}\n</tool_call>", END]
THINKING = [b"<think>\n", b"Hm, ", b"yes.", b"\n</think>\n\n", b"Yes", b"!", END]
WRITING = [b'{"city": ', b'"Oslo"', b"}", END]
CONFIG = """
server: {{port: 0}}
providers:
  calling: {{dialect: engine, model: {folder}/calling.gguf, chat_template: {templates}/qwen2.5.jinja, temperature: 0}}
  thinking: {{dialect: engine, model: {folder}/thinking.gguf, chat_template: {templates}/qwen3.jinja, temperature: 0}}
  writing: {{dialect: engine, model: {folder}/writing.gguf, temperature: 0}}
models:
  caller: {{provider: calling}}
  thinker: {{provider: thinking}}
  writer: {{provider: writing}}
"""
ASK: Any = [{"role": "user", "content": "Oslo?"}]
PLACE = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER: Any = {"type": "function", "function": {"name": "weather", "parameters": PLACE, "strict": True}}
NOW: Any = {"type": "function", "function": {"name": "now"}}


class City(BaseModel):
    """What `writer` writes."""

    city: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("models")
    for name, script in {"calling": CALLING, "thinking": THINKING, "writing": WRITING}.items():
        ggufs.scripted(folder / f"{name}.gguf", script, context=2048)
    with serving(tmp_path_factory.mktemp("served"), CONFIG.format(folder=folder, templates=TEMPLATES)) as started:
        yield started


@pytest.fixture
def sdk(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.url, api_key=served.key, max_retries=0) as client:
        yield client


def test_a_schema_is_parsed_into_a_class(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.parse(model="writer", messages=ASK, response_format=City)
    assert answer.choices[0].message.parsed == City(city="Oslo")
    with sdk.chat.completions.stream(model="writer", messages=ASK, response_format=City) as stream:
        whole = stream.get_final_completion()
    assert whole.choices[0].message.parsed == City(city="Oslo")


def test_a_schema_holds_a_model_that_would_say_something_else(sdk: openai.OpenAI) -> None:
    only: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"enum": ["Bergen", 7]}}}
    answer = sdk.chat.completions.create(model="writer", messages=ASK, response_format=only, max_tokens=40)
    assert answer.choices[0].message.content in ('"Bergen"', "7")


@pytest.mark.parametrize("choice", ["auto", "required", {"type": "function", "function": {"name": "weather"}}])
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called(sdk: openai.OpenAI, choice: Any, stream: bool) -> None:
    asked: Any = {"model": "caller", "messages": ASK, "tools": [WEATHER, NOW], "tool_choice": choice}
    if stream:
        with sdk.chat.completions.stream(**asked) as opened:
            answer: Any = opened.get_final_completion()
    else:
        answer = sdk.chat.completions.create(**asked)
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", '{"city": "Oslo"}')
    assert call.id.startswith("call_") and call.type == "function"
    assert (answer.choices[0].finish_reason, answer.choices[0].message.content) == ("tool_calls", None)


def test_another_tool_is_called_when_it_is_named(sdk: openai.OpenAI) -> None:
    named: Any = {"type": "function", "function": {"name": "now"}}
    answer: Any = sdk.chat.completions.create(model="caller", messages=ASK, tools=[WEATHER, NOW], tool_choice=named)
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("now", {})


def test_tools_that_may_not_be_called_are_not(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model="caller", messages=ASK, tools=[WEATHER], tool_choice="none")
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].finish_reason == "stop"


def test_the_answer_to_a_call_is_read(sdk: openai.OpenAI) -> None:
    called = sdk.chat.completions.create(model="caller", messages=ASK, tools=[WEATHER]).choices[0].message
    result: Any = {"role": "tool", "tool_call_id": (called.tool_calls or [])[0].id, "content": "rain"}
    talk: Any = [*ASK, called.model_dump(exclude_none=True), result]
    longer = sdk.chat.completions.create(model="caller", messages=talk, tools=[WEATHER])
    shorter = sdk.chat.completions.create(model="caller", messages=ASK, tools=[WEATHER])
    assert longer.usage and shorter.usage and longer.usage.prompt_tokens > shorter.usage.prompt_tokens + 40


def test_auto_finds_the_model_that_calls_tools(sdk: openai.OpenAI) -> None:
    sdk.chat.completions.create(model="caller", messages=ASK)
    sdk.chat.completions.create(model="writer", messages=ASK)
    answer = sdk.chat.completions.with_raw_response.create(model="auto", messages=ASK, tools=[WEATHER])
    assert answer.headers["x-halfpenny-model"] in ("caller", "thinker")


def test_a_model_without_tools_refuses_them_by_name(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.chat.completions.create(model="writer", messages=ASK, tools=[WEATHER])
    assert (refused.value.code, refused.value.param) == ("unsupported_feature", "tools")
    assert "tools: hermes" in refused.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_are_reasoning_and_counted(sdk: openai.OpenAI, stream: bool) -> None:
    asked: Any = {"model": "thinker", "messages": ASK, "reasoning_effort": "low"}
    if stream:
        with sdk.chat.completions.stream(**asked, stream_options={"include_usage": True}) as opened:
            answer: Any = opened.get_final_completion()
    else:
        answer = sdk.chat.completions.create(**asked)
    message = answer.choices[0].message
    assert (message.content, message.reasoning_content) == ("Yes!", "Hm, yes.")
    assert answer.usage.completion_tokens == len(THINKING)
    assert 0 < answer.usage.completion_tokens_details.reasoning_tokens < len(THINKING)


@pytest.mark.parametrize("stream", [False, True])
def test_several_choices(sdk: openai.OpenAI, stream: bool) -> None:
    if stream:
        with sdk.chat.completions.stream(model="writer", messages=ASK, n=2) as opened:
            answer: Any = opened.get_final_completion()
    else:
        answer = sdk.chat.completions.create(model="writer", messages=ASK, n=2)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert {choice.message.content for choice in answer.choices} == {'{"city": "Oslo"}'}
    assert {choice.finish_reason for choice in answer.choices} == {"stop"}


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities(sdk: openai.OpenAI, stream: bool) -> None:
    asked: Any = {"model": "writer", "messages": ASK, "logprobs": True, "top_logprobs": 2}
    if stream:
        with sdk.chat.completions.stream(**asked) as opened:
            answer: Any = opened.get_final_completion()
    else:
        answer = sdk.chat.completions.create(**asked)
    told = answer.choices[0].logprobs.content
    assert [each.token for each in told][:3] == ['{"city": ', '"Oslo"', "}"]
    assert all(each.logprob <= 0 and len(each.top_logprobs) == 2 for each in told)


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_are_of_what_was_said_not_of_what_was_thought(sdk: openai.OpenAI, stream: bool) -> None:
    asked: Any = {"model": "thinker", "messages": ASK, "logprobs": True, "reasoning_effort": "low"}
    if stream:
        with sdk.chat.completions.stream(**asked) as opened:
            answer: Any = opened.get_final_completion()
    else:
        answer = sdk.chat.completions.create(**asked)
    assert [each.token for each in answer.choices[0].logprobs.content] == ["Yes", "!"]
