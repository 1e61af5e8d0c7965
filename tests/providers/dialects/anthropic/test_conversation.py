"""Messages into system blocks and alternating turns."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.anthropic import conversation
from providers.errors import CallerError
from providers.words import Message

PIXEL = "iVBORw0KGgo="
HI = {"role": "user", "content": "hi"}
MARK = {"type": "ephemeral"}


def told(*messages: Any) -> Any:
    """The system blocks, and the turns as (role, blocks)."""
    read = msgspec.json.decode(json.dumps(messages).encode(), type=tuple[Message, ...])
    system, turns = json.loads(msgspec.json.encode(conversation.told(read)))
    return system, [(turn["role"], turn["content"]) for turn in turns]


def text(said: str) -> Any:
    return {"type": "text", "text": said}


def called(id: str, name: str, arguments: str) -> Any:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_conversation() -> None:
    system, turns = told(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    )
    assert system == [text("Be brief.")]
    assert turns == [("user", [text("hi")]), ("assistant", [text("hello")]), ("user", [text("a"), text("b")])]


def test_system_messages_are_gathered_wherever_they_stand() -> None:
    system, turns = told({"role": "developer", "content": "one"}, HI, {"role": "system", "content": "two"})
    assert system == [text("one"), text("two")]
    assert turns == [("user", [text("hi")])]


def test_neighbours_of_one_role_become_one_turn() -> None:
    _, turns = told(HI, {"role": "user", "content": "there"}, {"role": "assistant", "content": "a"}, HI)
    assert turns == [("user", [text("hi"), text("there")]), ("assistant", [text("a")]), ("user", [text("hi")])]


@pytest.mark.parametrize("empty", ["", None, [], [{"type": "text", "text": ""}]])
def test_empty_texts_are_left_out(empty: Any) -> None:
    _, turns = told(HI, {"role": "assistant", "content": empty}, HI)
    assert turns == [("user", [text("hi"), text("hi")])]


def test_parallel_tool_calls_and_their_results() -> None:
    calls = [called("call_1", "weather", '{"city":"Zürich","n":1.50}'), called("call_2", "clock", "")]
    _, turns = told(
        HI,
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "12:00"}]},
        {"role": "user", "content": "so?"},
    )
    assert turns[1:] == [
        (
            "assistant",
            [
                {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Zürich", "n": 1.5}},
                {"type": "tool_use", "id": "call_2", "name": "clock", "input": {}},
            ],
        ),
        (
            "user",
            [
                {"type": "tool_result", "tool_use_id": "call_1", "content": [text("sunny")]},
                {"type": "tool_result", "tool_use_id": "call_2", "content": [text("12:00")]},
                text("so?"),
            ],
        ),
    ]


def test_text_beside_a_tool_call_stands_before_it() -> None:
    _, turns = told(HI, {"role": "assistant", "content": "Let me see.", "tool_calls": [called("a", "f", "{}")]})
    assert [block["type"] for block in turns[1][1]] == ["text", "tool_use"]


def test_a_silent_tool_has_no_content() -> None:
    _, turns = told(HI, {"role": "tool", "tool_call_id": "a", "content": ""})
    assert turns[0][1][1] == {"type": "tool_result", "tool_use_id": "a"}


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (f"data:image/png;base64,{PIXEL}", {"type": "base64", "media_type": "image/png", "data": PIXEL}),
        (f"data:image/jpeg;q=1;base64,{PIXEL}", {"type": "base64", "media_type": "image/jpeg", "data": PIXEL}),
        ("https://example.org/a.png", {"type": "url", "url": "https://example.org/a.png"}),
    ],
)
def test_images(url: str, source: dict[str, str]) -> None:
    part = {"type": "image_url", "image_url": {"url": url, "detail": "high"}}
    _, turns = told({"role": "user", "content": [text("look"), part]})
    assert turns[0][1] == [text("look"), {"type": "image", "source": source}]


def test_marks_of_the_cache_stay_with_their_blocks() -> None:
    system, turns = told(
        {"role": "system", "content": [{**text("long"), "cache_control": MARK}]},
        {"role": "user", "content": [{**text("hi"), "cache_control": {**MARK, "ttl": "5m"}}, text("there")]},
    )
    assert system == [{**text("long"), "cache_control": MARK}]
    assert turns[0][1] == [{**text("hi"), "cache_control": {**MARK, "ttl": "5m"}}, text("there")]


def user(*parts: Any) -> Any:
    return {"role": "user", "content": list(parts)}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"role": "system", "content": "alone"}, "invalid_value"),
        ({"role": "user", "content": ""}, "invalid_value"),
        ({"role": "function", "content": "x"}, "unsupported_feature"),
        (user({"type": "input_audio", "input_audio": {"data": ""}}), "unsupported_feature"),
        (user({"type": "file", "file": {"file_id": "f"}}), "unsupported_feature"),
        (user({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}), "invalid_value"),
        (user({"type": "image_url", "image_url": "https://x"}), "invalid_value"),
        (user({"type": "image_url"}), "invalid_value"),
        (user({**text("x"), "cache_control": {"type": "ephemeral", "ttl": "1h"}}), "unsupported_feature"),
        ({"role": "tool", "content": "x"}, "invalid_value"),
        ({"role": "assistant", "tool_calls": [called("a", "f", "{")]}, "invalid_value"),
        ({"role": "assistant", "tool_calls": [called("a", "f", "[1]")]}, "invalid_value"),
    ],
)
def test_what_cannot_be_said(message: Any, code: str) -> None:
    with pytest.raises(CallerError) as raised:
        told(message)
    assert (raised.value.status, raised.value.param, raised.value.code) == (400, "messages", code)


def test_a_system_message_takes_text_only() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    with pytest.raises(CallerError):
        told({"role": "system", "content": [picture]}, HI)
