"""One socket to an upstream, which carries one exchange at a time: a request out, a response in.

No task and no queue: bytes wait in the response, one future wakes the one reader, and each read takes all that came.
"""

import asyncio
from typing import cast

from providers.endpoint import Timeouts
from providers.errors import Broken, ProviderError, Unavailable, Unreachable
from providers.http.deadline import Deadline
from providers.http.response import Head, Response

HIGH_WATER = 256 << 10
"""Bytes of body that wait for their reader before the socket is read no further."""
NEXT_BYTES = "the next bytes"
STALE_SECONDS = 1.0
"""A kept connection that was dead says so within a round trip; one that dies later had the request, and may bill it."""


class Stale(Exception):
    """A kept connection died before a byte of the response: the upstream had closed it; the request may be resent."""


class Connection(asyncio.Protocol):
    """A socket; asyncio's `create_connection` makes and opens it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._response: Response | None = None
        self._deadline: Deadline | None = None
        self._idle = 0.0
        self._waiter: asyncio.Future[None] | None = None
        self._failure: ProviderError | Stale | None = None
        self._heard = False
        self._paused = False
        self._used = False
        self._sent = 0.0
        self._kept = False
        self._flowing = False

    # -- the exchange -------------------------------------------------------------------------------------------------

    def send(self, request: bytes, timeouts: Timeouts) -> None:
        """Begin an exchange. Raises Stale when the upstream has closed meanwhile, Unreachable when it did at once."""
        transport = self._transport
        if transport is None or transport.is_closing():
            raise Stale if self._used else Unreachable("The upstream closed the connection at once.")
        self._response = Response()
        self._heard = False
        self._flowing = False
        self._kept, self._used = self._used, True
        self._sent = asyncio.get_running_loop().time()
        self._idle = timeouts.idle
        self._deadline = Deadline(timeouts.total, self._fail)
        self._deadline.stage("the first byte", timeouts.first_byte)
        transport.write(request)

    async def head(self) -> Head:
        """Wait for the response's head. Raises Stale or ProviderError."""
        response = self._current()
        while response.head is None:
            await self._progress()
        return response.head

    async def read(self) -> bytes:
        """All of the body that has come, waiting for some; b"" at its end. Raises ProviderError."""
        response = self._current()
        while True:
            data = response.take()
            if data:
                self._resume()
                return data
            if response.complete:
                return b""
            await self._progress()

    def release(self) -> bool:
        """End the exchange; whether the connection may carry another. One that may not is closed."""
        response, self._response = self._response, None
        if self._deadline:
            self._deadline.stop()
        transport = self._transport
        whole = response is not None and response.reusable
        if transport and whole and not transport.is_closing() and not transport.get_write_buffer_size():
            self._resume()
            return True
        self.abort()
        return False

    def abort(self) -> None:
        """Close at once; what is unsent is dropped. Idempotent."""
        if self._deadline:
            self._deadline.stop()
        if self._transport:
            self._transport.abort()

    def _current(self) -> Response:
        if self._response is None:
            raise RuntimeError("no exchange is open on this connection")
        return self._response

    async def _progress(self) -> None:
        """Wait until bytes, the end or a failure come; raise the failure."""
        if self._failure:
            raise self._failure
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, failure: ProviderError | Stale) -> None:
        self._failure = self._failure or failure
        self.abort()
        self._wake()

    def _pause(self) -> None:
        """Our reader is slow: read no further, and do not take the silence for the upstream's."""
        if self._transport and not self._paused:
            self._paused = True
            self._transport.pause_reading()
            if self._deadline:
                self._deadline.hold()

    def _resume(self) -> None:
        if self._transport and self._paused:
            self._paused = False
            self._transport.resume_reading()
            if self._deadline and self._response:  # none is left to wait for when it is released
                self._deadline.stage(NEXT_BYTES, self._idle)

    def hurry(self, seconds: float) -> None:
        """The answer is over: the end of its body is awaited only so long (seconds)."""
        if self._deadline and self._response and not self._response.complete:
            self._deadline.stage("the end of a finished answer", seconds)

    # -- asyncio's side -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is open."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came. Without an exchange nobody asked for them, and the connection is not to be trusted."""
        response = self._response
        if response is None or self._deadline is None:
            self.abort()
            return
        self._heard = True
        try:
            response.feed(data)
        except Broken as failure:
            self._fail(failure)
            return
        if response.complete:
            self._deadline.stop()
        elif self._flowing:
            self._deadline.touch()
        elif response.buffered:
            self._flowing = True
            self._deadline.stage(NEXT_BYTES, self._idle)
        if response.buffered > HIGH_WATER:
            self._pause()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the socket is closed, by whomever."""
        self._transport = None
        response = self._response
        if response and not response.complete:
            if exc is None:
                response.eof()
            if not response.complete:
                self._fail(self._cut(response))
        self.abort()
        self._wake()

    def _cut(self, response: Response) -> ProviderError | Stale:
        if response.head:
            return Broken("The upstream closed in the middle of its answer.", code="upstream_disconnected")
        if self._kept and not self._heard and asyncio.get_running_loop().time() - self._sent < STALE_SECONDS:
            return Stale()
        return Unavailable("The upstream closed before it answered.")
