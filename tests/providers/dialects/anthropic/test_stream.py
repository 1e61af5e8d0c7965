"""Streams of the Messages API, cut everywhere, cut short, failed and finished."""

import json

import pytest
from msgspec import Raw

from providers.dialects.anthropic.stream import StreamReader
from providers.errors import Broken, ProviderError, RateLimited, Unavailable
from providers.words import Event, ToolDelta, Usage
from tests.doubles import anthropic_answers as answers
from tests.doubles.anthropic_answers import error, error_event, event, stream, text, thinking, tool_use, usage
from tests.doubles.cuts import cuts

WEATHER = tool_use("toolu_01", "weather", city="Zürich")
CLOCK = tool_use("toolu_02", "clock")
BUSY = error_event("overloaded_error", "Overloaded")


def read(reads: list[bytes]) -> tuple[list[Event], ProviderError | None]:
    """Everything that a reader gives: the events, and the error that ended it."""
    reader = StreamReader()
    events: list[Event] = []
    try:
        for data in reads:
            events += reader.feed(data)
            reader.feed(b"")
        events += reader.end()
    except ProviderError as failure:
        return events, failure
    return events, None


def said(sent: list[bytes]) -> list[Event]:
    """The events of a stream that must be whole."""
    events, failure = read([b"".join(sent)])
    assert failure is None
    return events


def test_a_stream_cut_everywhere() -> None:
    sent = stream(thinking("Hm é."), text("Paris é."), WEATHER, CLOCK, stop="tool_use", told=usage(9, 44))
    expected = said(sent)
    assert [one.wire for one in expected] == sent
    for reads in cuts(b"".join(sent)):
        assert read(reads) == (expected, None)


def test_cut_short_at_every_byte() -> None:
    sent = stream(text("Paris."))
    whole = b"".join(sent)
    last = len(whole) - len(sent[-1])
    for position in range(last + 1):
        events, failure = read([whole[:position]])
        assert isinstance(failure, Broken) and failure.code == "upstream_disconnected", position
        assert "Paris.".startswith("".join(one.text for one in events))


def test_text_with_its_model_finish_and_usage() -> None:
    events = said(stream(text("Paris."), told=usage(9, 5)))

    assert events[0].answered == answers.MODEL
    assert events[0].usage == Usage(9, 0)  # the prompt's tokens, for who leaves before the end
    assert "".join(one.text for one in events) == "Paris."
    assert [one.finish for one in events if one.finish] == ["stop"]
    assert events[-2].usage == Usage(9, 5)
    assert {one.choice for one in events} == {0}


def test_only_what_the_model_says_counts_as_speaking() -> None:
    events = said(stream(text("Paris.")))
    assert [one.speaks() for one in events] == [False, False, False, True, True, False, True, False]


def test_parallel_tool_calls_have_indexes_of_their_own() -> None:
    events = said(stream(text("Let me see."), WEATHER, CLOCK, stop="tool_use"))

    tools = [one.tool for one in events if one.tool]
    begun = [tool for tool in tools if tool.id]
    assert begun == [ToolDelta(0, "toolu_01", "weather"), ToolDelta(1, "toolu_02", "clock")]
    assert [(one.index, one.name) for one in tools if not one.id] == [(0, None), (0, None), (1, None)]
    arguments = ["".join(one.arguments for one in tools if one.index == index) for index in (0, 1)]
    assert [json.loads(written) for written in arguments] == [{"city": "Zürich"}, {}]
    assert [one.finish for one in events if one.finish] == ["tool_calls"]


def test_a_tool_input_that_comes_at_once_is_said_at_the_end_of_its_block() -> None:
    sent = [event("content_block_start", index=0, content_block=WEATHER), event("content_block_stop", index=0)]
    events = said([answers.start(), *sent, *answers.end("tool_use")])
    assert json.loads("".join(one.tool.arguments for one in events if one.tool)) == {"city": "Zürich"}


def test_thinking_and_its_signature() -> None:
    events = said(stream(thinking("Hm, yes.", "c2ln"), text("Yes."), told=usage(9, 8, thinking=5)))

    assert "".join(one.reasoning for one in events) == "Hm, yes."
    assert [one.extra for one in events if one.extra] == [{"signature": Raw(b'"c2ln"')}]
    assert events[-2].usage == Usage(9, 8, reasoning=5)


def test_redacted_thinking_is_kept_apart() -> None:
    events = said(stream({"type": "redacted_thinking", "data": "ab=="}, text("Yes.")))
    assert [one.extra for one in events if one.extra] == [{"redacted_thinking": Raw(b'"ab=="')}]


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("a reason to come", "stop"),
    ],
)
def test_every_stop_reason(stop: str, finish: str) -> None:
    assert [one.finish for one in said(stream(text("x"), stop=stop)) if one.finish] == [finish]


def test_usage_is_cumulative_and_the_last_wins() -> None:
    """F21."""
    first = event("message_delta", delta={}, usage={"output_tokens": 4})
    begun = usage(5, 1, read=30, written=200)
    events = said([answers.start(begun), first, *answers.end(told={"output_tokens": 9})])
    assert [one.usage for one in events if one.usage] == [
        Usage(235, 0, 30, cache_write=200),
        Usage(235, 4, 30, cache_write=200),
        Usage(235, 9, 30, cache_write=200),
    ]


def test_impossible_usage_at_the_end_is_no_usage() -> None:
    events = said(stream(text("x"), told=usage(9, -1)))
    assert [one.usage for one in events if one.usage] == [Usage(9, 0)]
    assert events[-2].finish == "stop"


def test_events_and_blocks_to_come_are_tolerated() -> None:
    new = event("content_block_delta", index=0, delta={"type": "a_delta_to_come"})
    sent = [answers.start(), event("an_event_to_come", x=1), new, event("content_block_start", index=0), *answers.end()]
    assert [one.wire for one in said(sent)] == sent


def test_what_follows_the_end_is_ignored() -> None:
    sent = stream(text("x"))
    assert len(said([*sent, b"data: nonsense\n\n"])) == len(sent)


def test_an_error_event_comes_after_the_events_before_it() -> None:
    sent = [answers.start(), *answers.block_events(0, text("Pa"))]
    for reads in cuts(b"".join([*sent, BUSY, *answers.end()])):
        events, failure = read(reads)
        assert [one.wire for one in events] == sent
        assert type(failure) is Unavailable


@pytest.mark.parametrize("sent", [error_event("rate_limit_error", "slow down"), error("rate_limit_error", "slow down")])
def test_an_error_first(sent: bytes) -> None:
    """F24."""
    for reads in cuts(sent):
        events, failure = read(reads)
        assert events == []
        assert type(failure) is RateLimited


@pytest.mark.parametrize(
    "sent", [b"data: {nonsense\n\n", b"data: []\n\n", answers.body(text("x")), b'data: {"x":"\xff"}\n\n']
)
def test_no_stream_at_all(sent: bytes) -> None:
    events, failure = read([sent])
    assert events == []
    assert isinstance(failure, Broken) and failure.code == "upstream_malformed"
