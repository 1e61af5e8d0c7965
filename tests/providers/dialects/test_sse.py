"""The splitter gives the same events however the bytes were cut, and keeps every event's own bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.sse import LARGEST_EVENT, Framed, Splitter
from providers.errors import Broken
from tests.doubles.cuts import cuts

STREAMS: dict[str, tuple[bytes, list[Framed]]] = {
    "one": (b"data: a\n\n", [(b"data: a\n\n", b"a", b"")]),
    "two": (b"data: a\n\ndata: b\n\n", [(b"data: a\n\n", b"a", b""), (b"data: b\n\n", b"b", b"")]),
    "crlf": (b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"data: a\r\n\r\n", b"a", b""), (b"data: b\r\n\r\n", b"b", b"")]),
    "cr": (b"data: a\r\rdata: b\r\r", [(b"data: a\r\r", b"a", b""), (b"data: b\r\r", b"b", b"")]),
    "lf then crlf": (b"data: a\n\r\ndata: b\n\n", [(b"data: a\n\r\n", b"a", b""), (b"data: b\n\n", b"b", b"")]),
    "crlf then lf": (b"data: a\r\n\ndata: b\n\n", [(b"data: a\r\n\n", b"a", b""), (b"data: b\n\n", b"b", b"")]),
    "lf then cr": (b"data: a\n\rdata: b\n\n", [(b"data: a\n\r", b"a", b""), (b"data: b\n\n", b"b", b"")]),
    "no space": (b"data:a\n\n", [(b"data:a\n\n", b"a", b"")]),
    "two spaces": (b"data:  a\n\n", [(b"data:  a\n\n", b" a", b"")]),
    "several lines": (b"data: a\ndata: b\n\n", [(b"data: a\ndata: b\n\n", b"a\nb", b"")]),
    "named": (b"event: error\ndata: a\n\n", [(b"event: error\ndata: a\n\n", b"a", b"error")]),
    "id and retry": (b"id: 1\nretry: 5\ndata: a\n\n", [(b"id: 1\nretry: 5\ndata: a\n\n", b"a", b"")]),
    "comment inside": (b": hi\ndata: a\n\n", [(b": hi\ndata: a\n\n", b"a", b"")]),
    "comment alone": (b": hi\n\ndata: a\n\n", [(b"data: a\n\n", b"a", b"")]),
    "name without data": (b"event: ping\n\ndata: a\n\n", [(b"data: a\n\n", b"a", b"")]),
    "empty data": (b"data:\n\ndata: \n\ndata: a\n\n", [(b"data: a\n\n", b"a", b"")]),
    "field without colon": (b"data\nfoo\ndata: a\n\n", [(b"data\nfoo\ndata: a\n\n", b"\na", b"")]),
    "other field": (b"database: a\n\ndata: b\n\n", [(b"data: b\n\n", b"b", b"")]),
    "mark of byte order": (b"\xef\xbb\xbfdata: a\n\n", [(b"data: a\n\n", b"a", b"")]),
    "three line feeds": (b"data: a\n\n\ndata: b\n\n", [(b"data: a\n\n", b"a", b""), (b"\ndata: b\n\n", b"b", b"")]),
    "utf-8": ("data: é€😀\n\n".encode(), [("data: é€😀\n\n".encode(), "é€😀".encode(), b"")]),
    "nothing": (b"", []),
}


def split(reads: list[bytes]) -> list[Framed]:
    """All events of these reads and of the end."""
    splitter = Splitter()
    events = [event for read in reads for event in splitter.feed(read)]
    return events + splitter.end()


@pytest.mark.parametrize("name", STREAMS)
def test_every_cut_gives_the_same_events(name: str) -> None:
    """F23."""
    stream, expected = STREAMS[name]
    for reads in cuts(stream):
        assert split(reads) == expected, reads


@pytest.mark.parametrize("trailing", [b"d", b"data: cut", b"data: cut\n", b": comment\n"])
@pytest.mark.parametrize("name", STREAMS)
def test_an_unfinished_event_is_dropped(name: str, trailing: bytes) -> None:
    stream, expected = STREAMS[name]
    for reads in cuts(stream + trailing):
        assert split(reads) == expected, reads


@given(
    st.lists(st.sampled_from([b"data: a", b"data:b", b": c", b"\r", b"\n", b"\r\n", b"event: e", b"\n\n"]), max_size=12)
)
def test_any_mixture_of_line_ends_is_cut_free(parts: list[bytes]) -> None:
    """F23."""
    stream = b"".join(parts)
    results = [split(reads) for reads in cuts(stream)]
    assert all(result == results[0] for result in results)


def test_an_event_arrives_with_its_last_byte() -> None:
    splitter = Splitter()
    assert splitter.feed(b"data: a\r\n\r") == []
    assert splitter.feed(b"\n") == [(b"data: a\r\n\r\n", b"a", b"")]


def test_what_follows_the_last_event_can_be_seen() -> None:
    splitter = Splitter()
    splitter.feed(b'data: a\n\n{"error"')
    splitter.feed(b":1}")
    assert splitter.rest == b'{"error":1}'


@pytest.mark.parametrize("read", [1 << 16, LARGEST_EVENT * 2])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_the_largest_event_passes_and_a_larger_one_does_not(read: int, end: bytes) -> None:
    """F23."""
    largest = b"data: " + b"x" * (LARGEST_EVENT - 6)
    for excess, fits in ((b"", True), (b"x", False)):
        stream = largest + excess + end
        reads = [stream[i : i + read] for i in range(0, len(stream), read)]
        if fits:
            assert [len(wire) for wire, _, _ in split(reads)] == [len(stream)]
        else:
            with pytest.raises(Broken):
                split(reads)


def test_an_endless_line_is_refused_before_its_end() -> None:
    splitter = Splitter()
    with pytest.raises(Broken):
        for _ in range(LARGEST_EVENT // 65536 + 2):
            splitter.feed(b"x" * 65536)
