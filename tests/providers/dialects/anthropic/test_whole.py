"""Whole answers of the Messages API."""

import pytest
from msgspec import Raw

from providers.dialects.anthropic.whole import WholeReader
from providers.dialects.whole import LARGEST_BODY
from providers.errors import Broken, Unavailable
from providers.words import Event, ToolDelta, Usage
from tests.doubles import anthropic_answers as answers
from tests.doubles.anthropic_answers import body, error, text, thinking, tool_use, usage


def read(data: bytes) -> list[Event]:
    """The events of a whole body."""
    reader = WholeReader()
    assert reader.feed(data[:7]) == reader.feed(data[7:]) == []
    return reader.end()


def test_a_text() -> None:
    data = body(text("Paris é."), told=usage(9, 5, read=4, written=2))
    (event,) = read(data)
    told = Usage(15, 5, 4, cache_write=2)
    assert event == Event(data, text="Paris é.", finish="stop", usage=told, answered=answers.MODEL)


def test_thinking_text_and_parallel_tools() -> None:
    data = body(thinking("Hm.", "c2ln"), text("See."), tool_use("a", "f", x=[1]), tool_use("b", "g"), stop="tool_use")
    first, *rest = read(data)
    assert (first.wire, first.reasoning, first.extra) == (data, "Hm.", {"signature": Raw(b'"c2ln"')})
    assert rest == [
        Event(b"", text="See."),
        Event(b"", tool=ToolDelta(0, "a", "f", '{"x":[1]}')),
        Event(b"", tool=ToolDelta(1, "b", "g", "{}"), finish="tool_calls"),
    ]


def test_a_refusal_without_a_word() -> None:
    data = body(stop="refusal", told=usage(9, 0))
    assert read(data) == [Event(data, finish="content_filter", usage=Usage(9, 0), answered=answers.MODEL)]


def test_impossible_usage_is_none() -> None:
    assert read(body(text("x"), told=usage(9, -3)))[0].usage is None


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{}", b"[]", body(text("x"))[:-1], body(text("x")) + b"x", b'{"content":7}', b'{"x":"\xff"}'),
        *(b'{"type":"message","content":[],"stop_reason":null}', b'{"content":' + b"[" * 100_000),
    ],
)
def test_a_broken_answer(data: bytes) -> None:
    with pytest.raises(Broken):
        read(data)


def test_an_error_object() -> None:
    with pytest.raises(Unavailable):
        read(error("api_error", "Internal server error"))


def test_an_endless_body_is_refused() -> None:
    reader = WholeReader()
    with pytest.raises(Broken):
        for _ in range(LARGEST_BODY // (1 << 20) + 1):
            reader.feed(b" " * (1 << 20))
