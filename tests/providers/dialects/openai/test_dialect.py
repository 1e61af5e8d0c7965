"""What is asked: the client's body, patched and encoded anew."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.openai import OpenAI
from providers.dialects.openai.answer import StreamReader, WholeReader
from providers.endpoint import Secret
from providers.errors import CallerError, Unauthorised
from providers.words import Call, Sent, View

ASKED = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "unknown": {"a": [1, 2.50]}}


def call(body: dict[str, Any], task: Any = "chat") -> Call:
    """A call as a surface makes it."""
    raw = json.dumps(body).encode()
    view = View(body["model"], stream=bool(body.get("stream")))
    return Call(task, task, msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), view, len(raw))


def dialect(**fields: Any) -> OpenAI:
    """A dialect as the config makes it."""
    return OpenAI(**{"base_url": "http://127.0.0.1:1/v1", **fields})


def sent_body(body: dict[str, Any], sent: Sent, **fields: Any) -> Any:
    """The body that goes upstream."""
    return json.loads(dialect(**fields).request(call(body), sent).body)


def test_only_the_model_changes() -> None:
    request = dialect().request(call(ASKED), Sent("real"))
    assert (request.method, request.path) == ("POST", "/chat/completions")
    assert json.loads(request.body) == {**ASKED, "model": "real"}


def test_embeddings_have_no_output() -> None:
    request = dialect().request(call({"model": "e", "input": "a"}, "embeddings"), Sent("real", max_output=5))
    assert request.path == "/embeddings"
    assert json.loads(request.body) == {"model": "real", "input": "a"}


def test_numbers_stay_as_they_were_written() -> None:
    fields = {"temperature": msgspec.Raw(b"0.70"), "seed": msgspec.Raw(b"123456789012345678901234567890")}
    request = dialect().request(Call("chat", "chat", fields, View("auto"), 1), Sent("real"))
    assert request.body == b'{"temperature":0.70,"seed":123456789012345678901234567890,"model":"real"}'


OLD, NEW = "max_tokens", "max_completion_tokens"


@pytest.mark.parametrize(
    ("asked", "fields", "expected"),
    [
        ({}, {}, {OLD: 5}),
        ({}, {"base_url": "https://api.openai.com/v1"}, {NEW: 5}),
        ({}, {"base_url": "https://x.openai.azure.com/openai/v1"}, {NEW: 5}),
        ({}, {"max_output_field": NEW}, {NEW: 5}),
        ({OLD: 9}, {}, {OLD: 5}),
        ({NEW: 9}, {}, {NEW: 5}),
        ({OLD: None}, {}, {OLD: 5}),
        ({OLD: 9, NEW: 9}, {}, {OLD: 5, NEW: 5}),
        ({OLD: 9}, {"max_output_field": NEW}, {NEW: 5}),
        ({NEW: 9}, {"max_output_field": OLD}, {OLD: 5}),
    ],
)
def test_the_output_limit(asked: dict[str, Any], fields: dict[str, Any], expected: dict[str, int]) -> None:
    body = sent_body({**ASKED, **asked}, Sent("real", max_output=5), **fields)
    assert {name: body[name] for name in (OLD, NEW) if name in body} == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, {OLD: 9}), ({"max_output_field": NEW}, {NEW: 9}), ({"max_output_field": OLD}, {OLD: 9})],
)
def test_without_a_limit_the_clients_own_stays(fields: dict[str, Any], expected: dict[str, int]) -> None:
    body = sent_body({**ASKED, OLD: 9}, Sent("real"), **fields)
    assert {name: body[name] for name in (OLD, NEW) if name in body} == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"include_usage": True}),
        ({"stream_options": None}, {"include_usage": True}),
        ({"stream_options": {"include_usage": False, "x": 1}}, {"include_usage": True, "x": 1}),
    ],
)
def test_a_stream_is_always_asked_for_its_usage(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    body = sent_body({**ASKED, "stream": True, **asked}, Sent("real"))
    assert body["stream_options"] == expected
    assert "stream_options" not in sent_body({**ASKED, "stream": True, **asked}, Sent("real"), stream_options=False)


def test_stream_options_that_are_no_object_are_the_callers_fault() -> None:
    with pytest.raises(CallerError) as raised:
        sent_body({**ASKED, "stream": True, "stream_options": [1]}, Sent("real"))
    assert raised.value.param == "stream_options"


def test_the_credential() -> None:
    def authorization(sent: str, own: Secret | None) -> str | None:
        request = dialect(credential=own).request(call(ASKED), Sent("real", credential=sent))
        return dict(request.headers).get("authorization")

    assert authorization("", None) is None
    assert authorization("", Secret("")) is None
    assert authorization("", Secret("own")) == "Bearer own"
    assert authorization("sent", Secret("own")) == "Bearer sent"


def test_a_refusal_that_quotes_the_credential_is_shown_without_it() -> None:
    given = b'{"error":{"message":"Incorrect API key provided: sk-canary-1"}}'

    refused = dialect(credential=Secret("sk-canary-1")).failure(400, {}, given)

    assert refused.message == "Incorrect API key provided: ***"


def test_a_service_tier_with_a_price_of_its_own_is_refused_unless_the_operator_says_otherwise() -> None:
    dear = {**ASKED, "service_tier": "priority"}
    with pytest.raises(CallerError) as raised:
        sent_body(dear, Sent("real"))
    assert raised.value.param == "service_tier"
    assert "service_tier" not in sent_body({**ASKED, "service_tier": "auto"}, Sent("real"))
    assert "service_tier" not in sent_body(dear, Sent("real"), drop=("service_tier",))
    assert sent_body(dear, Sent("real"), refuse=())["service_tier"] == "priority"


def test_configured_headers_are_sent() -> None:
    request = dialect(headers={"x-title": "Halfpenny"}).request(call({**ASKED, "stream": True}), Sent("real"))
    assert dict(request.headers)["x-title"] == "Halfpenny"
    assert dict(request.headers)["accept"] == "text/event-stream"


def test_readers_and_failures() -> None:
    assert isinstance(dialect().reader(call({**ASKED, "stream": True})), StreamReader)
    assert isinstance(dialect().reader(call(ASKED)), WholeReader)
    assert isinstance(dialect().reader(call({"model": "e", "stream": True}, "embeddings")), WholeReader)
    assert isinstance(dialect().failure(401, {}, b""), Unauthorised)
    assert dialect().surface(call(ASKED)) == "chat"


def test_it_is_decoded_from_a_config() -> None:
    config = {"dialect": "openai", "base_url": "http://h/v1", "timeouts": {"idle": 3}, "stream_options": False}
    decoded = msgspec.convert(config, OpenAI)
    assert (decoded.base_url, decoded.timeouts.idle, decoded.stream_options) == ("http://h/v1", 3.0, False)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**config, "typo": 1}, OpenAI)
