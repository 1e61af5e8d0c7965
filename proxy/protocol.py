"""uvicorn's HTTP protocol, with a door: what is no request, too large a head or too slow a one is refused, in OpenAI's
shape and with an id, and the connection closed, for nothing after it can be trusted.

httptools (llhttp) refuses bad lengths, chunks, folds and bare line ends by itself; what it lets through is refused
here: two hosts or none, a transfer coding besides `chunked`, more than MOST_HEADERS or LARGEST_HEAD.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from providers.errors import CallerError
from proxy.surfaces import errors

LARGEST_HEAD = 64 << 10
"""Bytes of a request's line and headers."""
MOST_HEADERS = 100
HEAD_SECONDS = 10.0
"""For a whole head, from the connection's first byte or from its beginning."""
_PHRASES = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


class Door(HttpToolsProtocol):
    """One connection."""

    new_id: Callable[[], str]
    head_seconds = HEAD_SECONDS
    _why: CallerError | None = None
    _awaited: asyncio.TimerHandle | None = None
    _in_head = False
    _size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection whose first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes: of a head that does not end they are counted, for the parser would keep them all."""
        within = self._in_head
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            if self._awaited is None:
                self._await_head()
            self._size += len(data) if within else 0  # before its beginning may have been the end of a body
            if self._size > LARGEST_HEAD:
                self._refuse(_too_large())

    def on_message_begin(self) -> None:
        """httptools: a head begins."""
        super().on_message_begin()
        self._in_head, self._size = True, 0

    def on_headers_complete(self) -> None:
        """httptools: the head is whole. Raises for one that is not to be answered."""
        self._head_is_here()
        self._in_head = False
        self._why = _wrong(self.headers, len(self.url), self.parser.get_http_version())
        if self._why is not None:
            raise ValueError
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """uvicorn: these bytes cannot be parsed."""
        text = f"This is not an HTTP/1.1 request that can be read: {msg}"
        self._refuse(self._why or CallerError(text, code="invalid_http"))

    def _await_head(self) -> None:
        self._awaited = self.loop.call_later(self.head_seconds, self._too_slow)

    def _head_is_here(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _too_slow(self) -> None:
        if self._in_head:
            late = "The request's head took too long to arrive."
            self._refuse(CallerError(late, status=408, code="request_timeout"))
        else:
            self.transport.close()

    def _refuse(self, error: CallerError) -> None:
        self.transport.write(_answer(error, self.new_id()))
        self.transport.close()


def protocol(new_id: Callable[[], str], seconds: float = HEAD_SECONDS) -> type[HttpToolsProtocol]:
    """The protocol class that uvicorn makes one of for each connection. `seconds`: for a head."""
    return type("Protocol", (Door,), {"new_id": staticmethod(new_id), "head_seconds": seconds})


def _wrong(headers: list[tuple[bytes, bytes]], url: int, version: str) -> CallerError | None:
    """Why a head is refused; None: it is not."""
    if len(headers) > MOST_HEADERS or url + sum(len(name) + len(value) for name, value in headers) > LARGEST_HEAD:
        return _too_large()
    hosts = codings = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding":
            codings += value.strip().lower() != b"chunked"
    if hosts > 1 or (not hosts and version != "1.0"):
        return CallerError("A request needs one `Host`, no more and no less.", code="invalid_http")
    if codings:
        return CallerError("No transfer coding but `chunked` is understood.", code="invalid_http")
    return None


def _too_large() -> CallerError:
    text = f"The request has more than {MOST_HEADERS} headers, or {LARGEST_HEAD} bytes of them."
    return CallerError(text, status=431, code="headers_too_large")


def _answer(error: CallerError, id: str) -> bytes:
    body = errors.body(error)
    head: list[Any] = [(b"content-type", b"application/json"), (b"x-request-id", id.encode()), *errors.headers(error)]
    head += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
    return b"HTTP/1.1 %d %b\r\n" % (error.status, _PHRASES[error.status]) + lines + b"\r\n" + body
