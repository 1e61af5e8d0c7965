"""A Messages request in the words of every dialect there is, and one answer of each back in Anthropic's."""

import json
from typing import Any

import pytest

from providers import foreign
from providers.base import Dialect
from providers.dialects.anthropic import Anthropic
from providers.dialects.bedrock import Bedrock
from providers.dialects.gemini import Gemini
from providers.dialects.openai import OpenAI
from providers.dialects.slm import Slm
from providers.endpoint import Secret
from providers.engine.request import Defaults, options, turns
from providers.words import Sent
from proxy.surfaces.messages.body import read

URL = "http://upstream/v1"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
MARK = {"type": "ephemeral"}
PLAIN: dict[str, Any] = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "the question"}]}
RICH: dict[str, Any] = {
    "model": "m",
    "max_tokens": 50,
    "system": [{"type": "text", "text": "the rules", "cache_control": MARK}],
    "messages": [
        {"role": "user", "content": "the question"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "x"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "the result", "cache_control": MARK},
                {"type": "text", "text": "the afterthought"},
            ],
        },
    ],
    "tools": [{"name": "weather", "description": "the tool", "input_schema": SCHEMA, "cache_control": MARK}],
    "tool_choice": {"type": "auto"},
    "temperature": 0.25,
    "top_p": 0.875,
    "stop_sequences": ["the end"],
    "metadata": {"user_id": "u"},
    "stream": True,
    "cache_control": MARK,
}
TOLD = ("the rules", "the question", "Rome", "the result", "the afterthought", "the tool", "0.25", "0.875", "the end")
DIALECTS: dict[str, Dialect] = {
    "openai": OpenAI(base_url=URL),
    "gemini": Gemini(base_url=URL),
    "bedrock": Bedrock(base_url=URL, region="eu-west-1", credential=Secret("AKID:secret")),
    "anthropic": Anthropic(base_url=URL),
    "slm": Slm(base_url=URL),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_plain_request_reaches_all(name: str) -> None:
    request = DIALECTS[name].request(read(json.dumps(PLAIN).encode(), {}), Sent("m", max_output=50))

    assert b"the question" in request.body


@pytest.mark.parametrize("name", [name for name in DIALECTS if name != "slm"])
def test_a_rich_request_loses_nothing_that_is_not_told(name: str) -> None:
    dialect = DIALECTS[name]
    call = read(json.dumps(RICH).encode(), {})

    request = dialect.request(call, Sent("m", max_output=50))

    body = request.body.decode()
    assert [each for each in TOLD if each not in body] == []
    lost = [each for each in foreign.dropped(call, dialect.surface(call), dialect.drop) if each not in request.kept]
    expected = {"openai": ["thinking blocks", "cache_control"], "gemini": ["thinking blocks", "cache_control"]}
    assert lost == expected.get(name, ["thinking blocks"] if name == "bedrock" else [])


def test_the_local_engine_reads_it() -> None:
    call = read(json.dumps(RICH).encode(), {})

    said, how = turns(call), options(call, 50, Defaults(100))

    assert [turn.role for turn in said] == ["system", "user", "assistant", "tool", "user"]
    assert [turn.content for turn in said][3:] == ["the result", "the afterthought"]
    assert said[2].calls[0].arguments == '{"city": "Rome"}'
    assert (how.max_tokens, how.temperature, how.top_p, how.stop) == (50, 0.25, 0.875, ("the end",))
    assert [tool.name for tool in how.tools] == ["weather"]
