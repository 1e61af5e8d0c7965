"""A response is a pure function of its bytes, wherever they are cut."""

import pytest

from providers.errors import Broken
from providers.http.response import LARGEST_HEAD, MOST_HEADERS, Head, Response
from tests.doubles.cuts import cuts

OK = b"HTTP/1.1 200 OK\r\n"

WHOLE: dict[str, tuple[bytes, Head, bytes, bool]] = {
    "length": (OK + b"Content-Length: 5\r\n\r\nhello", Head(200, {"content-length": "5"}), b"hello", True),
    "empty": (OK + b"content-length: 0\r\n\r\n", Head(200, {"content-length": "0"}), b"", True),
    "chunked": (
        OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\nx-trailer: y\r\n\r\n",
        Head(200, {"transfer-encoding": "chunked"}),
        b"hello",
        True,
    ),
    "close": (
        OK + b"content-length: 2\r\nconnection: close\r\n\r\nhi",
        Head(200, {"content-length": "2", "connection": "close"}),
        b"hi",
        False,
    ),
    "old": (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", Head(200, {"content-length": "2"}), b"hi", False),
    "interim": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n"
        + OK
        + b"content-length: 2\r\n\r\nhi",
        Head(200, {"content-length": "2"}),
        b"hi",
        True,
    ),
    "repeated": (
        b"HTTP/1.1 429 Too Many\r\nA: 1\r\na: 2\r\ncontent-length: 0\r\n\r\n",
        Head(429, {"a": "1, 2", "content-length": "0"}),
        b"",
        True,
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", Head(204, {}), b"", True),
}


def read(reads: list[bytes]) -> tuple[Response, bytes]:
    """The response of these reads and its body, taken after each read."""
    response = Response()
    body = b""
    for data in reads:
        response.feed(data)
        body += response.take()
    return response, body


@pytest.mark.parametrize("name", WHOLE)
def test_every_cut_gives_the_same_response(name: str) -> None:
    data, head, expected, reusable = WHOLE[name]
    for reads in cuts(data):
        response, body = read(reads)
        assert (response.head, body, response.complete, response.reusable) == (head, expected, True, reusable), reads


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("trailing", [b"x", b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"])
def test_trailing_bytes_change_nothing_and_end_the_connection(name: str, trailing: bytes) -> None:
    data, head, expected, _ = WHOLE[name]
    for reads in cuts(data + trailing):
        response, body = read(reads)
        assert (response.head, body, response.complete, response.reusable) == (head, expected, True, False), reads


@pytest.mark.parametrize("name", WHOLE)
def test_every_start_is_incomplete(name: str) -> None:
    data, *_ = WHOLE[name]
    for length in range(len(data)):
        response, _ = read([data[:length]])
        response.eof()
        assert not response.complete, data[:length]


def test_a_body_without_length_ends_with_the_connection() -> None:
    for reads in cuts(OK + b"content-type: a/b\r\n\r\nhello"):
        response, body = read(reads)
        assert not response.complete
        response.eof()
        assert (body, response.complete, response.reusable) == (b"hello", True, False)


@pytest.mark.parametrize(
    "data",
    [
        *(b"garbage\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 two OK\r\n\r\n", b"\x16\x03\x01\x00"),
        *(b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\nx", OK + b"no colon\r\n\r\n"),
        OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
        OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n",
        *(OK + b"content-length: " + bad + b"\r\n\r\n" for bad in (b"-1", b"+1", b"1,1", b"9" * 30, b"x")),
        OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhiX",
    ],
)
def test_what_is_no_response(data: bytes) -> None:
    for reads in cuts(data):
        with pytest.raises(Broken):
            read(reads)


@pytest.mark.parametrize(
    "data",
    [
        OK + b"".join(b"x%d: y\r\n" % i for i in range(MOST_HEADERS + 1)) + b"\r\n",
        OK + b"x: " + b"y" * LARGEST_HEAD + b"\r\n\r\n",
        OK + b"".join(b"x: %b\r\n" % (b"y" * 1000) for _ in range(LARGEST_HEAD // 1000 + 1)) + b"\r\n",
        b"HTTP/1.1 200 " + b"O" * LARGEST_HEAD,
        OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: " + b"y" * LARGEST_HEAD * 2,
        b"HTTP/1.1 100 Continue\r\n\r\n" * (LARGEST_HEAD // 20),
    ],
    ids=["many", "long", "together", "status", "trailer", "interim"],
)
@pytest.mark.parametrize("size", [1000, 65536])
def test_headers_above_the_limits(data: bytes, size: int) -> None:
    with pytest.raises(Broken):
        read([data[i : i + size] for i in range(0, len(data), size)])


def test_the_most_headers_that_are_allowed() -> None:
    response, _ = read([OK + b"".join(b"x%d: y\r\n" % i for i in range(MOST_HEADERS)) + b"\r\n"])
    assert response.head and len(response.head.headers) == MOST_HEADERS


def test_what_waits_is_counted_and_taken_at_once() -> None:
    response = Response()
    response.feed(OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n")
    assert response.buffered == 5
    assert (response.take(), response.take(), response.buffered) == (b"hello", b"", 0)
