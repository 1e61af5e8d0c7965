"""The chat surface: bodies into Calls."""

from typing import Any

import msgspec
import pytest

from providers.errors import CallerError
from proxy.surfaces import chat

HELLO = [{"role": "user", "content": "Hello"}]


def body(**fields: Any) -> bytes:
    return msgspec.json.encode({"model": "auto", "messages": HELLO, **fields})


def test_every_field_travels_untouched() -> None:
    call = chat.read(body(seed=7, unheard_of={"x": [1, 2]}))

    assert {name: bytes(raw) for name, raw in call.body.items()} == {
        "model": b'"auto"',
        "messages": b'[{"role":"user","content":"Hello"}]',
        "seed": b"7",
        "unheard_of": b'{"x":[1,2]}',
    }


def test_the_view_holds_what_we_read() -> None:
    view = chat.read(body(stream=True, stream_options={"include_usage": True}, max_tokens=9)).view

    assert (view.model, view.stream, view.include_usage, view.max_output, view.n) == ("auto", True, True, 9, 1)
    assert [(message.role, message.text()) for message in view.messages] == [("user", "Hello")]


def test_size_is_the_bodys_length() -> None:
    sent = body()

    assert chat.read(sent).size == len(sent)


def test_what_bytes_do_not_bound_is_added() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}
    seen = chat.read(body(messages=[{"role": "user", "content": [image, image]}], tools=[{"type": "function"}]))

    assert seen.bound() == seen.size + 2 * chat.IMAGE + chat.TOOL_PROMPT
    assert chat.read(body()).beside == 0


def test_the_newer_name_of_the_output_cap_wins() -> None:
    assert chat.read(body(max_tokens=5, max_completion_tokens=6)).view.max_output == 6


def test_parts_are_read_and_null_content_is_empty() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    view = chat.read(body(messages=[{"role": "user", "content": parts}, {"role": "assistant", "content": None}])).view

    assert [message.text() for message in view.messages] == ["one\ntwo", ""]


@pytest.mark.parametrize(
    ("fields", "need"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "schema"),
        ({"logprobs": True}, "logprobs"),
        ({"n": 2}, "many"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]}
                ]
            },
            "images",
        ),
    ],
)
def test_needs_are_noticed(fields: dict[str, Any], need: str) -> None:
    assert chat.read(body(**fields)).view.needs == {need}


def test_a_plain_request_needs_nothing() -> None:
    assert chat.read(body(tools=[], response_format={"type": "text"}, logprobs=False, n=1)).view.needs == frozenset()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": 5}, "model"),
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"content": "no role"}]}, "messages"),
        ({"max_tokens": -5}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 10**22}, "max_tokens"),
        ({"max_tokens": 1.0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_what_every_model_refuses_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    """F10, F58."""
    with pytest.raises(CallerError) as caught:
        chat.read(body(**fields))

    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_field_is_named(missing: str) -> None:
    fields = {"model": "auto", "messages": HELLO}
    del fields[missing]

    with pytest.raises(CallerError) as caught:
        chat.read(msgspec.json.encode(fields))

    assert (caught.value.param, caught.value.code) == (missing, "missing_required_parameter")


def test_tools_are_needed_where_they_may_be_called_or_were() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    past = [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": "1"}]
    assert chat.read(body(tools=[tool], tool_choice="none")).view.needs == frozenset()
    assert chat.read(body(tools=[tool], tool_choice="auto")).view.needs == {"tools"}
    assert chat.read(body(messages=past)).view.needs == {"tools"}
