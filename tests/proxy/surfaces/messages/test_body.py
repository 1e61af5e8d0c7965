"""A Messages body into a Call: its own fields, the view, headers; hostile bodies are a 400."""

import json

import pytest

from providers.errors import CallerError
from proxy.surfaces.messages.body import read

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def data(**more: object) -> bytes:
    return json.dumps({**BODY, **more}).encode()


def test_the_clients_own_fields_stay_but_ours() -> None:
    body = data(stream=True, metadata={"user_id": "u"}, halfpenny={"no_store": True})

    call = read(body, {})

    assert {name: json.loads(bytes(raw)) for name, raw in call.own.items()} == {
        **BODY,
        "stream": True,
        "metadata": {"user_id": "u"},
    }
    assert json.loads(bytes(call.body["halfpenny"])) == {"no_store": True}
    assert (call.surface, call.task, call.size) == ("messages", "chat", len(body))
    assert (call.view.model, call.view.max_output, call.view.stream, call.view.n) == ("m", 9, True, 1)


def test_the_beta_header_travels_and_no_other() -> None:
    call = read(data(), {b"anthropic-beta": b"a-1,b-2", b"anthropic-version": b"2023-06-01", b"cookie": b"x"})

    assert call.headers == (("anthropic-beta", "a-1,b-2"),)


@pytest.mark.parametrize("value", [b"a\x00b", b"a\xff", b"x" * 2000])
def test_f62_a_header_that_must_not_travel_is_refused(value: bytes) -> None:
    with pytest.raises(CallerError) as raised:
        read(data(), {b"anthropic-beta": value})

    assert raised.value.param == "anthropic-beta"


def test_a_count_needs_no_cap_an_answer_does() -> None:
    body = json.dumps({name: value for name, value in BODY.items() if name != "max_tokens"}).encode()

    assert read(body, {}, answered=False).view.max_output is None
    with pytest.raises(CallerError) as raised:
        read(body, {})
    assert (raised.value.param, raised.value.code) == ("max_tokens", "missing_required_parameter")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbf{}",
        b"[]",
        b'{"model": "m"',
        b'{"model": "\xff"}',
        b'{"a":' * 100_000,
        data() + b"x",
        data(temperature=0.5).replace(b"0.5", b"NaN"),
        b'{"model":"m","max_tokens":9,"messages":' + b"[" * 100_000,
        data(mcp_servers=[]).replace(b'"mcp_servers": []', b'"mcp_servers": ' + b"[" * 900 + b"]" * 900),
    ],
)
def test_f56_a_body_that_is_none_is_refused_or_read(body: bytes) -> None:
    """The last one nests no deeper than JSON may: it is read, and asks for something."""
    try:
        call = read(body, {})
    except CallerError as error:
        assert error.status == 400
    else:
        assert list(call.unsaid) == ["mcp_servers"]


def test_f57_of_duplicate_keys_the_last_counts_everywhere() -> None:
    body = b'{"model":"cheap","max_tokens":1,' + data(model="dear")[1:]

    call = read(body, {})

    assert (call.view.model, json.loads(bytes(call.own["model"])), call.view.max_output) == ("dear", "dear", 9)
