"""What is asked of Gemini: said in its words, left out, or refused by name."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.gemini import Gemini
from providers.errors import CallerError
from providers.words import Call, Sent
from proxy.surfaces.chat import Chat
from proxy.surfaces.embeddings import Embeddings

HI: list[Any] = [{"role": "user", "content": "hi"}]
UPSTREAM = Gemini(base_url="https://generativelanguage.googleapis.com/v1beta")
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def call(messages: list[Any] | None = None, **fields: Any) -> Call:
    return Chat().read(msgspec.json.encode({"model": "m", "messages": messages or HI, **fields}))


def asked(messages: list[Any] | None = None, *, to: str = "gemini-2.5-flash", **fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(UPSTREAM.request(call(messages, **fields), Sent(to)).body)
    return told


def refused(messages: list[Any] | None = None, *, to: str = "gemini-2.5-flash", **fields: Any) -> str | None:
    with pytest.raises(CallerError) as raised:
        asked(messages, to=to, **fields)
    return raised.value.param


def test_where_it_is_asked() -> None:
    made = UPSTREAM.request(call(stream=True), Sent("gemini-2.5-flash", credential="secret"))
    assert made.path == "/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert ("x-goog-api-key", "secret") in made.headers
    assert UPSTREAM.request(call(), Sent("a/../b")).path == "/models/a%2F..%2Fb:generateContent"


def test_an_access_token_of_vertex_ai() -> None:
    vertex = Gemini(base_url="https://x/publishers/google", bearer=True)
    assert ("authorization", "Bearer token") in vertex.request(call(), Sent("m", credential="token")).headers


def test_settings() -> None:
    told = asked(temperature=2, top_p=0.5, seed=7, stop="END", n=2, logprobs=True, top_logprobs=3, presence_penalty=1)
    assert told["generationConfig"] == {
        "temperature": 2,
        "topP": 0.5,
        "seed": 7,
        "stopSequences": ["END"],
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 3,
        "presencePenalty": 1,
    }


def test_the_output_limit_that_money_wants_goes_before_the_clients() -> None:
    made = UPSTREAM.request(call(max_tokens=500), Sent("gemini-2.5-flash", max_output=100))
    assert json.loads(made.body)["generationConfig"] == {"maxOutputTokens": 100}


def test_a_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    told = asked(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
    assert told["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": schema}


@pytest.mark.parametrize(
    ("model", "effort", "thinking"),
    [
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-flash", "high", {"thinkingBudget": 24_576}),
        ("gemini-3.5-flash", "low", {"thinkingLevel": "low"}),
    ],
)
def test_effort(model: str, effort: str, thinking: dict[str, Any]) -> None:
    assert asked(to=model, reasoning_effort=effort)["generationConfig"]["thinkingConfig"] == thinking


def test_effort_that_the_model_has_not() -> None:
    assert refused(to="gemini-3.5-flash", reasoning_effort="none") == "reasoning_effort"


def test_tools_and_their_choice() -> None:
    told = asked(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "weather"}})
    (declared,) = told["tools"][0]["functionDeclarations"]
    assert (declared["name"], declared["parametersJsonSchema"]) == ("weather", {"type": "object"})
    config = told["toolConfig"]["functionCallingConfig"]
    assert config == {"mode": "ANY", "allowedFunctionNames": ["weather"]}


def test_a_conversation_with_calls() -> None:
    calls = [{"id": id, "type": "function", "function": {"name": "weather", "arguments": '{"c":1}'}} for id in "ab"]
    told = asked(
        [
            {"role": "system", "content": "Be brief."},
            *HI,
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "a", "content": "sunny"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "rain"}]},
        ],
        to="gemini-3.5-flash",
    )
    assert told["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert [turn["role"] for turn in told["contents"]] == ["user", "model", "user"]
    first, second = told["contents"][1]["parts"]
    assert first["functionCall"] == {"id": "a", "name": "weather", "args": {"c": 1}}
    assert ("thoughtSignature" in first, "thoughtSignature" in second) == (True, False)
    results = [part["functionResponse"] for part in told["contents"][2]["parts"]]
    assert [(result["id"], result["name"], result["response"]) for result in results] == [
        ("a", "weather", {"result": "sunny"}),
        ("b", "weather", {"result": "rain"}),
    ]


def test_images_and_sound_pass_and_nothing_is_fetched() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png?x=1"}},
        {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,CCCC"}},
    ]
    (turn,) = asked([{"role": "user", "content": parts}])["contents"]
    assert turn["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"fileData": {"mimeType": "image/png", "fileUri": "https://example.org/a.png?x=1"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "BBBB"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "CCCC"}},
    ]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"logit_bias": {"1": 5}}, "logit_bias"),
        ({"tools": [WEATHER], "parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"wonder": 1}, "wonder"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields) == param


def test_what_is_to_be_dropped_is_left_out() -> None:
    lenient = Gemini(base_url="https://x", drop=("logit_bias",))
    made = json.loads(lenient.request(call(logit_bias={"1": 5}), Sent("m")).body)
    assert made == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "tool", "tool_call_id": "x", "content": "?"}],
        [{"role": "function", "content": "?"}],
        [{"role": "system", "content": "only"}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://x"}}]}],
        [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}],
    ],
)
def test_conversations_that_cannot_be_told(messages: list[Any]) -> None:
    assert refused(messages) == "messages"


def embed(**fields: Any) -> dict[str, Any]:
    body = msgspec.json.encode({"model": "m", **fields})
    made = UPSTREAM.request(Embeddings().read(body), Sent("gemini-embedding-001"))
    assert made.path == "/models/gemini-embedding-001:batchEmbedContents"
    told: dict[str, Any] = json.loads(made.body)
    return told


def test_embeddings() -> None:
    (one, two) = embed(input=["a", "b"], dimensions=8)["requests"]
    assert one == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "a"}]},
        "outputDimensionality": 8,
    }
    assert two["content"] == {"parts": [{"text": "b"}]}
    assert len(embed(input="a")["requests"]) == 1


@pytest.mark.parametrize("tokens", [[1, 2], [[1], [2]]])
def test_tokens_cannot_be_embedded(tokens: Any) -> None:
    with pytest.raises(CallerError) as raised:
        embed(input=tokens)
    assert raised.value.param == "input"
