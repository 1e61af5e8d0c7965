"""Chunks and messages of real providers, field by field."""

import json
from typing import Any

import msgspec
import pytest

from providers.dialects.openai import chunk
from providers.errors import Broken, ProviderError, RateLimited, Unavailable
from providers.words import Event, ToolDelta, Usage


def read(value: Any) -> list[Event]:
    """The events of one chunk, its wire replaced by b"w"."""
    return chunk.events(chunk.decode(json.dumps(value).encode()), b"w")


def one(delta: Any, **choice: Any) -> Event:
    """The only event of a chunk with one choice."""
    (event,) = read({"model": "m", "choices": [{"index": 0, "delta": delta, **choice}]})
    return event


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ({"role": "assistant", "content": ""}, Event(b"w", answered="m")),
        ({"role": "assistant", "content": None}, Event(b"w", answered="m")),
        ({}, Event(b"w", answered="m")),
        (None, Event(b"w", answered="m")),
        ({"content": "é"}, Event(b"w", text="é", answered="m")),
        ({"reasoning_content": "hm"}, Event(b"w", reasoning="hm", answered="m")),
        ({"reasoning": "hm", "reasoning_content": "hm"}, Event(b"w", reasoning="hm", answered="m")),
        ({"reasoning": {"effort": 1}}, Event(b"w", answered="m")),
        ({"refusal": "no"}, Event(b"w", refusal="no", answered="m")),
        ({"content": [{"type": "thinking"}, {"type": "text", "text": "a"}, 7]}, Event(b"w", text="a", answered="m")),
        ({"content": {"odd": 1}}, Event(b"w", answered="m")),
        (
            {"tool_calls": [{"index": 2, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]},
            Event(b"w", tool=ToolDelta(2, "c", "f", ""), answered="m"),
        ),
        (
            {"tool_calls": [{"index": 2, "function": {"arguments": '{"a'}}]},
            Event(b"w", tool=ToolDelta(2, None, None, '{"a'), answered="m"),
        ),
        (
            {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}]},
            Event(b"w", tool=ToolDelta(0, "c", "f", '{"a":1}'), answered="m"),
        ),
        (
            {"function_call": {"name": "f", "arguments": "{}"}},
            Event(b"w", tool=ToolDelta(0, None, "f", "{}"), answered="m"),
        ),
    ],
)
def test_deltas(delta: Any, expected: Event) -> None:
    assert one(delta) == expected
    (whole,) = read({"model": "m", "choices": [{"message": delta}]})
    assert whole == expected


def test_finish_and_logprobs() -> None:
    assert one({}, finish_reason="length").finish == "length"
    assert one({}, finish_reason="").finish is None
    assert bytes(one({}, logprobs={"content": []}).logprobs) == b'{"content": []}'
    assert one({}, logprobs=None).logprobs == msgspec.Raw()


def test_a_usage_chunk_that_cannot_be_true_has_no_wire_to_pass() -> None:
    wrong, right = {"prompt_tokens": -3, "completion_tokens": 1}, {"prompt_tokens": 3, "completion_tokens": 1}

    assert read({"choices": [], "usage": wrong}) == [Event(b"")]
    assert read({"choices": [], "usage": right}) == [Event(b"w", usage=Usage(3, 1))]
    assert read({"data": [], "usage": wrong}) == [Event(b"w")]


def test_several_choices_are_several_events_and_one_wire() -> None:
    choices = [{"index": i, "delta": {"content": str(i)}} for i in (1, 0)]
    events = read({"model": "m", "choices": choices, "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    assert [(event.wire, event.choice, event.text, event.usage) for event in events] == [
        (b"w", 1, "1", Usage(1, 2)),
        (b"", 0, "0", None),
    ]


def test_several_tool_calls_end_with_the_finish() -> None:
    calls = [{"id": i, "function": {"name": i, "arguments": "{}"}} for i in "abc"]
    (choice,) = [{"index": 4, "message": {"content": "t", "tool_calls": calls}, "finish_reason": "tool_calls"}]
    events = read({"choices": [choice]})
    assert [(e.wire, e.choice, e.text, e.tool and (e.tool.index, e.tool.id), e.finish) for e in events] == [
        (b"w", 4, "t", (0, "a"), None),
        (b"", 4, "", (1, "b"), None),
        (b"", 4, "", (2, "c"), "tool_calls"),
    ]


@pytest.mark.parametrize("choices", [[], None])
def test_the_usage_chunk_has_no_choices(choices: Any) -> None:
    told = {"prompt_tokens": 9, "completion_tokens": 3}
    assert read({"model": "m", "choices": choices, "usage": told}) == [Event(b"w", usage=Usage(9, 3), answered="m")]
    assert read({"usage": told}) == [Event(b"w", usage=Usage(9, 3))]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"nonsense", b"[]", b'"a"', b'{"choices":"a"}', b'{"choices":[7]}', b'{"model":7}', b"NaN"),
        *(b'{"choices":[],"x":"\xff"}', b'{"model":"\xff"}', b'{"usage":' + b"[" * 100_000),
    ],
)
def test_malformed_chunks(data: bytes) -> None:
    with pytest.raises(Broken) as raised:
        chunk.decode(data)
    assert raised.value.code == "upstream_malformed"


@pytest.mark.parametrize(
    ("data", "name", "meaning"),
    [
        (b'{"error":{"message":"busy","code":429}}', b"", RateLimited),
        (b'{"error":"boom"}', b"", Unavailable),
        (b'{"object":"error","message":"busy","code":429}', b"", RateLimited),
        (b'{"message":"busy","type":"rate_limit_error"}', b"error", RateLimited),
        (b'{"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502}}', b"", Unavailable),
    ],
)
def test_error_objects(data: bytes, name: bytes, meaning: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as raised:
        chunk.decode(data, name)
    assert type(raised.value) is meaning


def test_error_null_is_no_error() -> None:
    assert chunk.decode(b'{"error":null,"model":"m"}').model == "m"
