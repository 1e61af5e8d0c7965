"""One HTTP/1.1 response: bytes in, a head and pieces of body out. Pure: no socket, no clock.

httptools (llhttp) does the grammar and refuses smuggled lengths; the limits on headers are ours.
"""

import httptools
from msgspec import Struct

from providers.errors import Broken

LARGEST_HEAD = 64 << 10
"""Bytes without any body among them: headers, interim (1xx) responses, trailers."""
MOST_HEADERS = 100


class Head(Struct, frozen=True):
    """Status and headers; names are lower case, repeated ones joined by a comma."""

    status: int
    headers: dict[str, str]


class Response:
    """Collects one response. `head` is None until it is whole; `complete` says that the body has ended."""

    __slots__ = (
        "_bodiless",
        "_headers",
        "_headers_size",
        "_parser",
        "_pieces",
        "buffered",
        "complete",
        "head",
        "keep_alive",
        "trailing",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._headers_size = 0
        self._bodiless = 0
        self.head: Head | None = None
        self.buffered = 0
        self.complete = False
        self.keep_alive = False
        self.trailing = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire. Raises Broken for what is no HTTP/1.1 or above the limits."""
        buffered = self.buffered
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self.complete:
                self.trailing = True
                return
            if isinstance(error.__context__, Broken):
                raise error.__context__ from None
            raise Broken("The upstream sent what is no HTTP/1.1 response.") from None
        self._bodiless = self._bodiless + len(data) if self.buffered == buffered else 0
        if self._bodiless > LARGEST_HEAD:
            raise _too_large()

    def take(self) -> bytes:
        """All of the body that has come since the last take."""
        pieces = self._pieces
        if not pieces:
            return b""
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.buffered = 0
        return body

    def eof(self) -> None:
        """The peer closed: that completes a body without a declared length, and cuts every other."""
        if self.head and not self.head.headers.keys() & {"content-length", "transfer-encoding"}:
            self.complete = True

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another exchange."""
        return self.complete and self.keep_alive and not self.trailing

    def on_message_begin(self) -> None:
        """httptools: a second message after a complete one stops the parser."""
        if self.complete:
            raise Broken("The upstream sent more than one response.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header, or a trailer, which is dropped."""
        if self.head is not None:
            return
        self._headers.append((name, value))
        self._headers_size += len(name) + len(value)
        if len(self._headers) > MOST_HEADERS or self._headers_size > LARGEST_HEAD:
            raise _too_large()

    def on_headers_complete(self) -> None:
        """httptools: interim responses (1xx) are dropped; 101 is none that was asked for."""
        status = self._parser.get_status_code()
        if status < 200:
            self._headers.clear()
            return
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        self.head = Head(status, headers)

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of body, its transfer coding removed."""
        self._pieces.append(body)
        self.buffered += len(body)

    def on_message_complete(self) -> None:
        """httptools: the end of a response by its own length."""
        if self.head is None:
            return
        self.complete = True
        self.keep_alive = self._parser.should_keep_alive()


def _too_large() -> Broken:
    return Broken(f"The upstream sent more than {MOST_HEADERS} headers or {LARGEST_HEAD} bytes of them.")
