"""What is asked of Converse: said in its words, left out, or refused by name."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.bedrock import Bedrock
from providers.endpoint import Secret
from providers.errors import CallerError, ProviderError, RateLimited, Rejected, Unauthorised, Unavailable
from providers.words import Call, Sent
from proxy.surfaces.chat import Chat

HI: list[Any] = [{"role": "user", "content": "hi"}]
BASE = "https://bedrock-runtime.us-east-1.amazonaws.com"
UPSTREAM = Bedrock(base_url=BASE, region="us-east-1")
WEATHER = {"type": "function", "function": {"name": "weather", "description": "d", "strict": True}}


def call(messages: list[Any] | None = None, **fields: Any) -> Call:
    return Chat().read(msgspec.json.encode({"model": "m", "messages": messages or HI, **fields}))


def asked(messages: list[Any] | None = None, **fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(UPSTREAM.request(call(messages, **fields), Sent("m")).body)
    return told


def refused(messages: list[Any] | None = None, **fields: Any) -> str | None:
    with pytest.raises(CallerError) as raised:
        asked(messages, **fields)
    return raised.value.param


def test_where_it_is_asked() -> None:
    made = UPSTREAM.request(call(stream=True), Sent("anthropic.claude-v1:0"))
    assert made.path == "/model/anthropic.claude-v1%3A0/converse-stream"
    assert not [name for name, _ in made.headers if name == "authorization"]


def test_an_access_key_signs_and_a_bedrock_key_is_borne() -> None:
    key = Bedrock(base_url=BASE, region="us-east-1", credential=Secret("AKID:secret"))
    proof = dict(key.request(call(), Sent("m", at=1_763_700_000 * 10**9)).headers)
    assert proof["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKID/20251121/us-east-1/bedrock/aws4_request,"
    )
    assert "secret" not in str(proof)
    bearer = Bedrock(base_url=BASE, region="us-east-1", credential=Secret("ABSKabc"))
    assert ("authorization", "Bearer ABSKabc") in bearer.request(call(), Sent("m")).headers


def test_settings() -> None:
    schema = {"type": "object"}
    told = asked(
        temperature=0.5, top_p=0.9, stop=["A", "B"], reasoning_effort="low", seed=1,
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}},
    )  # fmt: skip
    assert told["inferenceConfig"] == {"temperature": 0.5, "topP": 0.9, "stopSequences": ["A", "B"]}
    config = told["outputConfig"]
    assert config["effort"] == "low"
    assert json.loads(config["textFormat"]["structure"]["jsonSchema"]["schema"]) == schema


def test_the_output_limit_that_money_wants_goes_before_the_clients() -> None:
    made = UPSTREAM.request(call(max_tokens=500), Sent("m", max_output=100))
    assert json.loads(made.body)["inferenceConfig"] == {"maxTokens": 100}


def test_tools_and_their_choice() -> None:
    told = asked(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "weather"}})["toolConfig"]
    (tool,) = told["tools"]
    schema = {"json": {"type": "object", "properties": {}}}
    assert tool == {"toolSpec": {"name": "weather", "description": "d", "strict": True, "inputSchema": schema}}
    assert told["toolChoice"] == {"tool": {"name": "weather"}}
    assert asked(tools=[WEATHER], tool_choice="required")["toolConfig"]["toolChoice"] == {"any": {}}
    assert "toolConfig" not in asked(tools=[WEATHER], tool_choice="none")


def test_a_conversation_with_calls_and_marks() -> None:
    calls = [{"id": id, "type": "function", "function": {"name": "weather", "arguments": '{"c":1}'}} for id in "ab"]
    marked = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    told = asked(
        [
            {"role": "system", "content": [marked]},
            *HI,
            {"role": "assistant", "content": "Let me see.", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "a", "content": "sunny"},
            {"role": "tool", "tool_call_id": "b", "content": ""},
        ]
    )
    assert told["system"] == [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]
    assert [turn["role"] for turn in told["messages"]] == ["user", "assistant", "user"]
    assert told["messages"][1]["content"][1] == {"toolUse": {"toolUseId": "a", "name": "weather", "input": {"c": 1}}}
    first, second = told["messages"][2]["content"]
    assert first == {"toolResult": {"toolUseId": "a", "content": [{"text": "sunny"}]}}
    assert second["toolResult"]["toolUseId"] == "b"


def test_an_image_comes_with_the_call_and_nothing_is_fetched() -> None:
    def picture(url: str) -> list[Any]:
        return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]

    (turn,) = asked(picture("data:image/jpeg;base64,AAAA"))["messages"]
    assert turn["content"] == [{"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}}]
    assert refused(picture("https://example.org/a.png")) == "messages"
    assert refused(picture("data:image/tiff;base64,AAAA")) == "messages"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"tools": [WEATHER], "parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"reasoning_effort": "none"}, "reasoning_effort"),
        ({"wonder": 1}, "wonder"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields) == param


@pytest.mark.parametrize(
    ("status", "kind", "message", "error"),
    [
        (429, "ThrottlingException", "Too many requests", RateLimited),
        (403, "AccessDeniedException:http://internal.amazon.com/", "no", Unauthorised),
        (400, "ValidationException", "Malformed input", Rejected),
        (404, "ResourceNotFoundException", "no model", Rejected),
        (424, "ModelErrorException", "it failed", Unavailable),
        (503, "ServiceUnavailableException", "later", Unavailable),
        (500, "", "", Unavailable),
    ],
)
def test_failures(status: int, kind: str, message: str, error: type[ProviderError]) -> None:
    body = json.dumps({"message": message}).encode()
    assert type(UPSTREAM.failure(status, {"x-amzn-errortype": kind}, body)) is error


def test_words_that_clients_know() -> None:
    told = UPSTREAM.failure(
        400, {"x-amzn-errortype": "ValidationException"}, b'{"message":"Input is too long for it."}'
    )
    assert told.code == "context_length_exceeded"
