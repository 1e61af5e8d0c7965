"""The client's side of an answer: reads its body, sends it bytes, and notices when it leaves.

The only file that knows about disconnects. While the story runs, a watcher waits on `receive()`; when the client goes,
it cancels the story's task, and `left` tells why.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from litestar.types import Receive, Scope, Send
from msgspec import Struct

from providers.errors import CallerError, HalfpennyError
from proxy.surfaces import errors
from proxy.surfaces.base import Faults

KEEP_ALIVE = b": keep-alive\n\n"


class Patience(Struct, frozen=True):
    """In seconds: between keep-alive comments, for a whole body to arrive, for a client that reads nothing, and for one
    that still sends when it has been refused."""

    beat: float = 15.0
    body: float = 30.0
    stall: float = 60.0
    linger: float = 2.0


PATIENCE = Patience()
Headers = list[tuple[bytes, bytes]]
Watcher = asyncio.Future[Any]


class Client:
    """One request's other end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, patience: Patience = PATIENCE) -> None:
        self._patience = patience
        self._receive = receive
        self._send = send
        self.method: str = scope["method"]  # type: ignore[typeddict-item]
        self.headers = dict(scope["headers"])
        self.head_sent = False
        self.left = False
        self._watcher: Watcher | None = None
        self._gone: Callable[[Watcher], None] | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._beats: set[asyncio.Task[None]] = set()
        self._last = 0.0
        self._sending = False

    async def body(self, limit: int) -> bytes:
        """The request's body. Raises CallerError 413 beyond `limit` bytes, 408 when it takes too long."""
        length = self.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self._patience.body):
                return await self._whole(limit)
        except TimeoutError:
            raise CallerError("The request body took too long to arrive.", status=408, code="request_timeout") from None

    async def _whole(self, limit: int) -> bytes:
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.left = True
                raise CallerError("The client left before its request was complete.", status=499, code="client_left")
            chunks.append(message.get("body", b""))  # type: ignore[arg-type]
            size += len(chunks[-1])
            if size > limit:
                raise _too_large(limit)
            more = bool(message.get("more_body", False))
        if not size and b"upgrade" in self.headers:  # the HTTP parser has left the body to the other protocol
            raise CallerError("This server speaks HTTP/1.1 alone: ask it without `Upgrade` (Java: Version.HTTP_1_1).")
        return b"".join(chunks)

    def watch(self) -> None:
        """From now on, cancel the current task when the client leaves."""
        task = asyncio.current_task()
        assert task is not None
        cancel = task.cancel

        def gone(watcher: Watcher) -> None:
            if not watcher.cancelled():
                self.left = True
                cancel()

        self._gone = gone
        self._watcher = asyncio.ensure_future(self._receive())
        self._watcher.add_done_callback(gone)

    def unwatch(self) -> None:
        """Stop watching: nothing cancels the story from here on."""
        if self._watcher is not None:
            if self._gone is not None:
                self._watcher.remove_done_callback(self._gone)
                self._gone = None  # it holds us
            self._watcher.cancel()
            self._watcher = None
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    async def start(self, status: int, headers: Iterable[tuple[bytes, bytes]], streams: bool = False) -> None:
        """Send the head; for a stream, begin the keep-alive comments."""
        await self._send({"type": "http.response.start", "status": status, "headers": list(headers)})
        self.head_sent = True
        if streams:
            self._last = asyncio.get_running_loop().time()
            self._schedule()

    async def send(self, data: bytes, more: bool) -> None:
        """Send bytes of the body; waits while the client reads slowly."""
        self._sending = True
        await self._send({"type": "http.response.body", "body": data, "more_body": more})
        self._sending = False
        self._last = asyncio.get_running_loop().time()

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole answer at once."""
        await self.start(status, [*headers, (b"content-length", str(len(body)).encode())])
        await self.send(b"" if self.method == "HEAD" else body, more=False)

    async def refuse(self, error: HalfpennyError, headers: Headers, shape: Faults = errors) -> None:
        """The error, in an API's shape: as a status while no head is sent, as the stream's last event after that."""
        if self.head_sent:
            await self.send(shape.event(error), more=False)
            return
        kind = [(b"content-type", b"application/json")]
        told = [*headers, *kind, *errors.headers(error)]
        if error.status in (408, 413):
            await self._last_word(error.status, told, shape.body(error))
        else:
            await self.answer(error.status, told, shape.body(error))

    async def _last_word(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer a client that still sends: closing at once would reset the connection before it has read why."""
        length = (b"content-length", str(len(body)).encode())
        await self.start(status, [*headers, length, (b"connection", b"close")])
        await self.send(body, more=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.linger):
                message = await self._receive()
                while message["type"] == "http.request" and message.get("more_body"):
                    message = await self._receive()
        await self.send(b"", more=False)

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat = loop.call_at(self._last + self._patience.beat, self._tick)

    def _tick(self) -> None:
        """A comment if nothing was sent for a while; the end of a client that reads nothing at all."""
        now = asyncio.get_running_loop().time()
        idle = now - self._last
        if self._sending:
            if idle > self._patience.stall and self._watcher is not None and self._gone is not None:
                self._gone(self._watcher)
                return
            self._beat = asyncio.get_running_loop().call_at(now + self._patience.beat, self._tick)
            return
        if idle >= self._patience.beat:
            beat = asyncio.ensure_future(self.send(KEEP_ALIVE, more=True))
            self._beats.add(beat)
            beat.add_done_callback(self._beats.discard)
            self._last = now
        self._schedule()


def _too_large(limit: int) -> CallerError:
    return CallerError(f"The request body is larger than {limit} bytes.", status=413, code="request_too_large")
