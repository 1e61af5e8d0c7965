"""Whole answers and streams, cut everywhere, cut short, and finished."""

import pytest

from providers.dialects.openai.answer import StreamReader, WholeReader
from providers.dialects.whole import LARGEST_BODY
from providers.errors import Broken, ProviderError, RateLimited
from providers.words import Event, Task, Usage
from tests.doubles.answers import DONE, chat_body, chat_events, chunk, embeddings_body, error_body
from tests.doubles.cuts import cuts

ERROR = b"data: " + error_body("busy", type="rate_limit_error") + b"\n\n"


def stream(reads: list[bytes]) -> tuple[list[Event], ProviderError | None]:
    """Everything that a stream's reader gives: the events, and the error that ended it."""
    reader = StreamReader()
    events: list[Event] = []
    try:
        for read in reads:
            events += reader.feed(read)
            reader.feed(b"")
        events += reader.end()
    except ProviderError as error:
        return events, error
    return events, None


def whole(body: bytes, task: Task = "chat") -> list[Event]:
    """The events of a whole body."""
    reader = WholeReader(task)
    assert reader.feed(body[:7]) == reader.feed(body[7:]) == []
    return reader.end()


def test_a_stream_cut_everywhere() -> None:
    sent = chat_events(["Pa", "ris é."])
    for reads in cuts(b"".join(sent)):
        events, error = stream(reads)
        assert error is None
        assert [event.wire for event in events] == sent[:-1]
        assert "".join(event.text for event in events) == "Paris é."
        assert [event.finish for event in events] == [None, None, None, "stop", None]
        assert [event.usage for event in events] == [None, None, None, None, Usage(9, 2)]


def test_what_follows_done_is_ignored() -> None:
    for reads in cuts(b"".join(chat_events(["a"])) + b"data: nonsense\n\n"):
        events, error = stream(reads)
        assert (len(events), error) == (4, None)


def test_finished_without_done_is_complete() -> None:
    """F19."""
    events, error = stream([b"".join(chat_events(["a"])[:-1])])
    assert (len(events), error) == (4, None)


def test_done_without_a_finish_is_complete() -> None:
    _, error = stream([chunk({"content": "a"}) + DONE])
    assert error is None


def test_cut_short() -> None:
    for reads in cuts(b"".join(chat_events(["a"])[:2]) + b'data: {"cho'):
        events, error = stream(reads)
        assert [event.text for event in events] == ["", "a"]
        assert isinstance(error, Broken) and error.code == "upstream_disconnected"


def test_every_choice_that_spoke_must_finish() -> None:
    both = b'data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}\n\n'
    first = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    second = b'data: {"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}\n\n'
    _, error = stream([both + first])
    assert isinstance(error, Broken)
    assert stream([both + first + second])[1] is None


def test_an_error_event_comes_after_the_events_before_it() -> None:
    for reads in cuts(chunk({"content": "a"}) + ERROR + chunk({"content": "b"})):
        events, error = stream(reads)
        assert [event.text for event in events] == ["a"]
        assert isinstance(error, RateLimited)


def test_a_remembered_failure_is_raised_at_the_end_too() -> None:
    reader = StreamReader()
    assert len(reader.feed(chunk({"content": "a"}) + ERROR)) == 1
    with pytest.raises(RateLimited):
        reader.end()


@pytest.mark.parametrize("body", [error_body("busy", type="rate_limit_error"), ERROR])
def test_an_error_object_first(body: bytes) -> None:
    """F24."""
    for reads in cuts(body):
        events, error = stream(reads)
        assert events == []
        assert isinstance(error, RateLimited)


@pytest.mark.parametrize("body", [DONE, b"hello", b"<html>", b"data: {nonsense\n\n", chat_body()])
def test_no_stream_at_all(body: bytes) -> None:
    events, error = stream([body])
    assert events == []
    assert isinstance(error, Broken) and error.code == "upstream_malformed"


def test_nothing_at_all() -> None:
    _, error = stream([])
    assert isinstance(error, Broken) and error.code == "upstream_disconnected"


def test_a_whole_answer() -> None:
    body = chat_body("Paris é.")
    (event,) = whole(body)
    assert event == Event(body, text="Paris é.", finish="stop", usage=Usage(9, 3), answered="upstream-1")


def test_a_whole_embedding() -> None:
    body = embeddings_body([[0.5]])
    assert whole(body, "embeddings") == [Event(body, usage=Usage(4, 0), answered="embed-1")]


@pytest.mark.parametrize("body", [b"", b"{}", chat_body()[:-1], chat_body() + b"x", b'{"choices":[]}', b"\n" * 100])
def test_a_broken_whole_answer(body: bytes) -> None:
    with pytest.raises(Broken):
        whole(body)


def test_a_whole_error_object() -> None:
    with pytest.raises(RateLimited):
        whole(error_body("busy", type="rate_limit_error"))


def test_an_endless_body_is_refused() -> None:
    """F25."""
    reader = WholeReader("chat")
    with pytest.raises(Broken):
        for _ in range(LARGEST_BODY // (1 << 20) + 1):
            reader.feed(b" " * (1 << 20))
