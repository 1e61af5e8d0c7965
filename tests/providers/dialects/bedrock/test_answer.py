"""Converse's answers, streamed and whole: what they say, how they end, wherever the reads were cut."""

import json

import pytest

from providers.dialects.bedrock.answer import StreamReader, WholeReader
from providers.errors import Broken, ProviderError, RateLimited, Rejected, Unavailable
from providers.words import Event, ToolDelta, Usage
from tests.doubles.bedrock_answers import body, event, exception, stream, text, thought, tool_use, usage

STREAM = stream(
    thought("Hm."), text("Is é."), tool_use("t1", "now"), tool_use("t2", "at", city="Zürich"),
    stop="tool_use", told=usage(9, 4, read=5, written=2),
)  # fmt: skip


def read(data: bytes) -> list[Event]:
    reader = StreamReader()
    return [*reader.feed(data), *reader.end()]


def whole(data: bytes) -> list[Event]:
    reader = WholeReader()
    reader.feed(data)
    return reader.end()


def calls(events: list[Event]) -> dict[int, list[ToolDelta]]:
    found: dict[int, list[ToolDelta]] = {}
    for each in events:
        if each.tool:
            found.setdefault(each.tool.index, []).append(each.tool)
    return found


def said(events: list[Event]) -> tuple[object, ...]:
    made = [
        (
            next(d.id for d in deltas if d.id),
            next(d.name for d in deltas if d.name),
            "".join(d.arguments for d in deltas),
        )
        for deltas in calls(events).values()
    ]
    return (
        "".join(each.text for each in events),
        "".join(each.reasoning for each in events),
        [(id, name, json.loads(arguments)) for id, name, arguments in made],
        [each.finish for each in events if each.finish],
        [each.usage for each in events if each.usage],
    )


def _arguments(deltas: list[ToolDelta]) -> object:
    return json.loads("".join(each.arguments for each in deltas))


EXPECTED = (
    "Is é.",
    "Hm.",
    [("t1", "now", {}), ("t2", "at", {"city": "Zürich"})],
    ["tool_calls"],
    [Usage(16, 4, 5, cache_write=2)],
)


def test_f23_a_stream_says_the_same_wherever_it_is_cut() -> None:
    data = b"".join(STREAM)
    for cut in range(len(data) + 1):
        reader = StreamReader()
        events = [*reader.feed(data[:cut]), *reader.feed(data[cut:]), *reader.end()]
        assert said(events) == EXPECTED, cut
        assert reader.done, cut
        assert b"".join(each.wire or b"" for each in events) == data, cut


def test_byte_by_byte() -> None:
    reader = StreamReader()
    data = b"".join(STREAM)
    assert said([each for at in range(len(data)) for each in reader.feed(data[at : at + 1])]) == EXPECTED


def test_f18_a_stream_that_ends_early_is_broken() -> None:
    data = b"".join(STREAM)
    for length in range(len(b"".join(STREAM[:-2]))):
        with pytest.raises(Broken):
            read(data[:length])


def test_a_whole_answer() -> None:
    blocks = [thought("Hm."), text("Is é."), tool_use("t1", "now"), tool_use("t2", "at", city="Zürich")]
    assert said(whole(body(*blocks, stop="tool_use", told=usage(9, 4, read=5, written=2)))) == EXPECTED


@pytest.mark.parametrize("at", [0, 5, 9, 20, 40, -2])
def test_a_flipped_bit_is_noticed(at: int) -> None:
    data = bytearray(STREAM[1])
    data[at] ^= 1
    reader = StreamReader()
    with pytest.raises(Broken):
        reader.feed(bytes(data))
        reader.end()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttlingException", RateLimited),
        ("validationException", Rejected),
        ("modelStreamErrorException", Unavailable),
        ("somethingNewException", Unavailable),
    ],
)
def test_an_exception_comes_after_what_was_said(kind: str, error: type[ProviderError]) -> None:
    reader = StreamReader()
    events = reader.feed(b"".join(stream(text("Pa"))[:2]) + exception(kind, "no"))
    assert "".join(each.text for each in events) == "P"
    with pytest.raises(error):
        reader.feed(b"")


@pytest.mark.parametrize("reason", ["guardrail_intervened", "content_filtered"])
def test_filtered(reason: str) -> None:
    assert said(read(b"".join(stream(text("x"), stop=reason))))[3] == ["content_filter"]


def test_kinds_of_events_to_come_are_passed_over() -> None:
    later = [STREAM[0], event("somethingNew", {"x": 1}), *STREAM[1:]]
    assert said(read(b"".join(later))) == EXPECTED


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"<html>", b'{"output":{}}', b'{"output":{"message":{"content":[]}}}']
)
def test_f25_what_is_no_answer_is_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        whole(data)


def test_json_where_a_stream_was_asked_for_is_broken() -> None:
    with pytest.raises(Broken):
        read(body(text("Paris.")))
