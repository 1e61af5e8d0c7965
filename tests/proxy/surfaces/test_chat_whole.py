"""The chat surface's whole answer: one body out of one or many events."""

import json
from typing import Any

import pytest
from msgspec import Raw

from providers.words import Call, Event, ToolDelta, Usage, View
from proxy.surfaces.chat_shapes import dollars
from proxy.surfaces.chat_whole import WholeWriter


def whole(events: list[Event], usage: Usage | None, cost: int | None, verbatim: bool = False) -> dict[str, Any]:
    writer = WholeWriter(Call("chat", "chat", {}, View("auto"), 10), "1", 1, "tiny", verbatim)
    assert writer.write(events, cost) == b""
    found: dict[str, Any] = json.loads(writer.end(usage, cost))
    return found


def test_events_become_one_completion() -> None:
    events = [Event(text="Par"), Event(text="is"), Event(finish="stop")]

    found = whole(events, Usage(5, 2), 0)

    message = {"role": "assistant", "content": "Paris", "refusal": None}
    assert found["choices"] == [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
    assert (found["object"], found["id"], found["model"], found["created"]) == (
        "chat.completion",
        "chatcmpl-1",
        "tiny",
        1,
    )
    assert (found["usage"]["prompt_tokens"], found["usage"]["total_tokens"]) == (5, 7)


def test_tool_calls_are_put_together() -> None:
    events = [
        Event(tool=ToolDelta(0, "a", "f", '{"x"')),
        Event(tool=ToolDelta(1, "b", "g", "{}")),
        Event(tool=ToolDelta(0, arguments=":1}")),
        Event(finish="tool_calls"),
    ]

    message = whole(events, None, None)["choices"][0]["message"]

    assert message["content"] is None
    assert message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


def test_log_probabilities_that_came_in_pieces_are_one_list() -> None:
    events = [
        Event(text=text, logprobs=Raw(b'{"content":[{"token":"%s"}],"refusal":null}' % text.encode())) for text in "ab"
    ]

    found = whole(events, None, None)["choices"][0]["logprobs"]

    assert found == {"content": [{"token": "a"}, {"token": "b"}], "refusal": None}


def test_choices_stand_in_order() -> None:
    events = [Event(choice=1, text="b"), Event(choice=0, text="a"), Event(choice=1, finish="stop")]

    assert [choice["message"]["content"] for choice in whole(events, None, None)["choices"]] == ["a", "b"]


def test_an_upstreams_body_keeps_every_field_and_gains_its_cost() -> None:
    body = b'{"id":"u","x_groq":{"a":[1]},"usage":{"prompt_tokens":1,"queue_time":0.25}}'

    found = whole([Event(wire=body, text="x"), Event(wire=b"", choice=1)], Usage(1, 1), 1500, verbatim=True)

    assert found == {
        "id": "u",
        "x_groq": {"a": [1]},
        "usage": {"prompt_tokens": 1, "queue_time": 0.25, "cost": 0.0000015},
    }


def test_an_upstreams_body_without_usage_passes_as_it_is() -> None:
    writer = WholeWriter(Call("chat", "chat", {}, View("auto"), 10), "1", 1, "tiny", True)
    writer.write([Event(wire=b'{"id" : "u", "usage": null}')], 5)

    assert writer.end(None, 5) == b'{"id" : "u", "usage": null}'


@pytest.mark.parametrize(
    ("nano", "text"),
    [(0, b"0.0"), (1, b"0.000000001"), (1500, b"0.0000015"), (10**9, b"1.0"), (2_500_000_000, b"2.5")],
)
def test_dollars_are_exact_and_have_no_exponent(nano: int, text: bytes) -> None:
    assert dollars(nano) == text
