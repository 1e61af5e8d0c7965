"""The whole message: an upstream's own, or gathered from events."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from providers.words import Call, Event, ToolDelta, Usage, View
from proxy.surfaces.messages.whole import WholeWriter
from tests.doubles import anthropic_answers as theirs

USED = Usage(9, 3)
THINKS = {"type": "enabled", "budget_tokens": 1024}


def gathered(
    *events: Event, verbatim: bool = False, cost: int | None = 1_500, used: Usage | None = USED, **own: object
) -> dict[str, Any]:
    fields = {name: Raw(msgspec.json.encode(value)) for name, value in own.items()}
    writer = WholeWriter(Call("messages", "chat", {}, View("m"), 1, own=fields), "1", "m", verbatim)
    assert writer.write(list(events), None) == b""
    found: dict[str, Any] = json.loads(writer.end(used, cost))
    return found


def test_a_text() -> None:
    assert gathered(Event(text="Par"), Event(text="is.", finish="stop")) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "Paris."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 9,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 3,
            "cost": 0.0000015,
        },
    }


def test_thoughts_text_and_calls_in_this_order() -> None:
    events = [
        Event(tool=ToolDelta(1, "b", "g", "")),
        Event(reasoning="hm"),
        Event(text="I look."),
        Event(tool=ToolDelta(0, "a", "f", '{"x":')),
        Event(tool=ToolDelta(0, arguments="1}"), finish="tool_calls"),
    ]

    answer = gathered(*events, thinking=THINKS)

    assert answer["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
    ]
    assert answer["stop_reason"] == "tool_use"
    assert [block["type"] for block in gathered(*events)["content"]] == ["text", "tool_use", "tool_use"]


@pytest.mark.parametrize("arguments", ['{"x": 1', "[1]", "5", "nonsense"])
def test_arguments_that_are_no_object_are_wrapped_as_anthropic_documents(arguments: str) -> None:
    (block,) = gathered(Event(tool=ToolDelta(0, None, "f", arguments)))["content"]

    assert block["input"] == {"INVALID_JSON": arguments}
    assert block["id"] == "toolu_1_0"


def test_other_choices_are_not_told() -> None:
    assert gathered(Event(text="a"), Event(text="b", choice=1))["content"] == [{"type": "text", "text": "a"}]


def test_an_upstreams_own_body_passes_with_every_field() -> None:
    body = theirs.body(theirs.thinking("hm"), theirs.text("Yes."))

    answer = gathered(Event(wire=body, reasoning="hm"), Event(wire=b"", text="Yes."), verbatim=True, cost=None)

    assert answer == json.loads(body)


def test_f21_a_usage_that_cannot_be_true_is_replaced_by_what_is_billed() -> None:
    body = theirs.body(theirs.text("Yes."), told={**theirs.usage(), "output_tokens": -7})

    told = gathered(Event(wire=body, text="Yes."), verbatim=True, used=Usage(11, 2, source="estimated"))["usage"]

    assert (told["input_tokens"], told["output_tokens"], told["cost"]) == (11, 2, 0.0000015)
    assert told["service_tier"] == "standard"
