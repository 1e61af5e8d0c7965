"""What goes upstream beside the conversation: path, headers, limit; and who reads the answer."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.anthropic import Anthropic
from providers.dialects.anthropic.stream import StreamReader
from providers.dialects.anthropic.whole import WholeReader
from providers.endpoint import Secret
from providers.errors import CallerError, Unavailable
from providers.words import Call, Sent, View
from proxy.surfaces import chat


def call(**fields: Any) -> Call:
    """A chat call as its surface makes it."""
    return chat.read(json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}], **fields}).encode())


def dialect(**fields: Any) -> Anthropic:
    """A dialect as the config makes it."""
    return Anthropic(**{"base_url": "http://127.0.0.1:1/v1", **fields})


def test_the_least_request() -> None:
    request = dialect().request(call(), Sent("claude", max_output=5))
    assert (request.method, request.path) == ("POST", "/messages")
    turn = {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    assert json.loads(request.body) == {"model": "claude", "max_tokens": 5, "messages": [turn]}


@pytest.mark.parametrize(
    ("sent", "asked", "fields", "expected"),
    [
        (5, {}, {}, 5),
        (5, {"max_tokens": 9}, {}, 5),
        (None, {"max_tokens": 9}, {}, 9),
        (None, {"max_completion_tokens": 9}, {}, 9),
        (None, {}, {}, 8192),
        (None, {}, {"max_output": 7}, 7),
    ],
)
def test_the_output_limit_always_stands(
    sent: int | None, asked: dict[str, Any], fields: dict[str, Any], expected: int
) -> None:
    body = json.loads(dialect(**fields).request(call(**asked), Sent("claude", sent)).body)
    assert body["max_tokens"] == expected
    assert "max_completion_tokens" not in body


def test_the_headers() -> None:
    fields = {"headers": {"anthropic-beta": "x-1"}, "credential": Secret("own")}
    headers = dict(dialect(**fields).request(call(stream=True), Sent("claude")).headers)
    assert headers == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "x-1",
        "x-api-key": "own",
    }


def test_the_credential_of_the_candidate_goes_first_and_none_is_sent_where_there_is_none() -> None:
    def key(sent: str, own: Secret | None) -> str | None:
        return dict(dialect(credential=own).request(call(), Sent("m", credential=sent)).headers).get("x-api-key")

    assert key("sent", Secret("own")) == "sent"
    assert key("", None) is None
    assert key("", Secret("")) is None


def test_embeddings_are_refused() -> None:
    with pytest.raises(CallerError) as raised:
        dialect().request(Call("embeddings", "embeddings", {}, View("auto"), 2), Sent("claude"))
    assert (raised.value.param, raised.value.code) == ("model", "unsupported_feature")


def test_readers_and_failures() -> None:
    assert isinstance(dialect().reader(call(stream=True)), StreamReader)
    assert isinstance(dialect().reader(call()), WholeReader)
    assert isinstance(dialect().failure(529, {}, b""), Unavailable)
    assert dialect().surface(call()) == "messages"


def test_it_is_decoded_from_a_config() -> None:
    config = {"dialect": "anthropic", "base_url": "http://h/v1", "drop": ["temperature"], "max_output": 100}
    decoded = msgspec.convert(config, Anthropic)
    assert (decoded.base_url, decoded.drop, decoded.max_output) == ("http://h/v1", ("temperature",), 100)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**config, "typo": 1}, Anthropic)
