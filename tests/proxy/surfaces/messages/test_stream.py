"""The stream writer in every cut of an upstream's bytes, and from fields."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from providers.dialects.anthropic.stream import StreamReader
from providers.errors import Broken
from providers.words import Call, Event, ToolDelta, Usage, View
from proxy.surfaces.messages.stream import StreamWriter
from tests.doubles import anthropic_answers as theirs
from tests.doubles.cuts import cuts

USAGE = Usage(9, 3)
WHOLE = b"".join(theirs.stream(theirs.thinking("hé"), theirs.text("Pa\U0001f600"), theirs.tool_use("t", "f", x=1)))
SHORT = b"".join(theirs.stream(theirs.text("Pé."), told=theirs.usage()))
"""Short, because it is cut everywhere."""


def call(**own: object) -> Call:
    fields = {name: Raw(msgspec.json.encode(value)) for name, value in own.items()}
    return Call("messages", "chat", {}, View("m", stream=True), 1, own=fields)


def passed(reads: list[bytes], cost: int | None = 5) -> bytes:
    reader, writer = StreamReader(), StreamWriter(call(), "1", "m", True)
    said = [writer.write(reader.feed(read), cost) for read in reads]
    return b"".join([*said, writer.write(reader.end(), cost), writer.end(USAGE, cost)])


def written(*events: Event, usage: Usage | None = USAGE, **own: object) -> list[dict[str, Any]]:
    writer = StreamWriter(call(**own), "1", "m", False)
    data = b"".join([*(writer.write([event], None) for event in events), writer.end(usage, 1_500)])
    return [json.loads(block.split(b"\ndata: ")[1]) for block in data.split(b"\n\n")[:-1]]


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("stream", [SHORT, crlf(SHORT)], ids=["lf", "crlf"])
def test_f23_any_cut_gives_the_same_bytes(stream: bytes) -> None:
    once = passed([stream])

    assert all(passed(reads) == once for reads in cuts(stream))


def test_f18_cut_short_anywhere_it_is_never_a_whole_answer() -> None:
    """What was passed until then is the beginning of what would have been, by whole events."""
    once = passed([SHORT])
    for at in range(len(SHORT) - 1):
        reader, writer = StreamReader(), StreamWriter(call(), "1", "m", True)
        said = writer.write(reader.feed(SHORT[:at]), 5)
        with pytest.raises(Broken):
            reader.end()
        assert once.startswith(said)
        assert said == b"" or said.endswith(b"\n\n")
        assert b"message_delta" not in said


def test_all_but_the_bill_is_theirs() -> None:
    before, delta = WHOLE[: WHOLE.index(b"event: message_delta")], theirs.end()[0]

    said = passed([WHOLE])

    assert said.startswith(before)
    assert said.endswith(theirs.end()[1])
    told = json.loads(delta.split(b"data: ")[1])
    changed = json.loads(said.removeprefix(before).split(b"\n")[1].removeprefix(b"data: "))
    assert changed == {**told, "usage": {**told["usage"], "cost": 5e-9}}


def test_a_stream_from_fields() -> None:
    start, ping, *blocks, delta, stop = written(Event(text="Paris."), Event(finish="stop"))

    assert start == {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": 0,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 0,
            },
        },
    }
    assert ping == {"type": "ping"}
    assert [block["type"] for block in blocks] == ["content_block_start", "content_block_delta", "content_block_stop"]
    assert delta["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert stop == {"type": "message_stop"}


def test_what_a_cache_gave_is_no_part_of_the_input() -> None:
    told = written(Event(text="x"), usage=Usage(100, 7, cached=60, reasoning=5, cache_write=30))[-2]["usage"]

    assert told == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 60,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 5},
        "cost": 0.0000015,
    }


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([Event(text="x", finish="stop")], "end_turn"),
        ([Event(text="x", finish="length")], "max_tokens"),
        ([Event(tool=ToolDelta(0, "a", "f", "{}"), finish="tool_calls")], "tool_use"),
        ([Event(tool=ToolDelta(0, "a", "f", "{}")), Event(finish="stop")], "tool_use"),
        ([Event(tool=ToolDelta(0, "a", "f", "{")), Event(finish="length")], "max_tokens"),
        ([Event(text="x", finish="content_filter")], "refusal"),
        ([Event(refusal="No."), Event(finish="stop")], "refusal"),
        ([Event(finish="stop")], "end_turn"),
    ],
)
def test_stop_reasons(events: list[Event], reason: str) -> None:
    delta = written(*events)[-2]["delta"]

    assert delta == {"stop_reason": reason, "stop_sequence": None}


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        (None, False),
        ({"type": "enabled", "budget_tokens": 1024}, True),
        ({"type": "adaptive"}, True),
        ({"type": "adaptive", "display": "omitted"}, False),
        ({"type": "disabled"}, False),
    ],
)
def test_thoughts_are_shown_to_who_asked(thinking: object, shown: bool) -> None:
    kinds = [event["type"] for event in written(Event(reasoning="hm"), Event(text="x"), thinking=thinking)]

    assert kinds.count("content_block_start") == 1 + shown


def test_only_the_first_choice_is_told() -> None:
    said = written(Event(text="a"), Event(text="b", choice=1))

    assert "b" not in [event["delta"].get("text") for event in said if event["type"] == "content_block_delta"]
