"""A scripted upstream: a real server on a loopback socket that records requests and replies with raw bytes.

    async with Upstream() as upstream:                       # answers every call sensibly, streamed or whole
        upstream.script(*chat_stream(["Par", "is."]))        # ... or each next request by a script of steps
        upstream.script(Send(stream_head()), Hang())
        ...
        assert upstream.requests[0].json()["model"] == "m"
        await upstream.gone.wait()                           # a client closed before its script was done

`serving()` is the same in a thread, for synchronous tests; `python -m tests.doubles.upstream --port 0` a process.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias, cast

from tests.doubles import answers


@dataclass(frozen=True)
class Send:
    """Write these bytes."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    """Go on when the event is set."""

    until: asyncio.Event


@dataclass(frozen=True)
class Close:
    """Close the connection after what was sent (FIN)."""


@dataclass(frozen=True)
class Reset:
    """Break the connection (RST)."""


@dataclass(frozen=True)
class Hang:
    """Do nothing until the client leaves."""


Step: TypeAlias = Send | Pause | Close | Reset | Hang
Script: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True)
class Request:
    """A request as it came; header names are lower case, repeated ones keep the last."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    raw: bytes = field(repr=False)

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


def chat_json(text: str = "Paris.", *, told: Any = None, model: str = answers.MODEL) -> Script:
    """Answer with one whole JSON body."""
    return (Send(answers.response(answers.chat_body(text, told=told, model=model))),)


def chat_stream(texts: list[str], *, told: Any = None, model: str = answers.MODEL) -> Script:
    """Answer with a stream, a write for each event."""
    events = answers.chat_events(texts, told=told, model=model)
    pieces = [Send(answers.chunked(event, last=False)) for event in events]
    return (Send(answers.stream_head()), *pieces, Send(answers.chunked()))


def refusal(status: str, body: bytes, *, headers: str = "") -> Script:
    """Answer with an error status ("429 Too Many Requests")."""
    return (Send(answers.response(body, status=status, headers=headers)),)


def sensible(request: Request) -> Script:
    """What an obliging upstream says: a stream, a whole answer, embeddings; 404 elsewhere."""
    if request.path.endswith("/embeddings"):
        return (Send(answers.response(answers.embeddings_body([[0.6, 0.8]]))),)
    if not request.path.endswith("/chat/completions"):
        return refusal("404 Not Found", answers.error_body("no such path"))
    asked = request.json()
    return chat_stream(["Par", "is."], model=asked["model"]) if asked.get("stream") else chat_json(model=asked["model"])


class Upstream:
    """The server.

    `arrived` is set by a request, `blocked` when a client reads too slowly, `gone` when one closes while its script
    still runs; a test may clear them. `accepted` counts connections.
    """

    def __init__(self, respond: Callable[[Request], Script] = sensible, *, tls: ssl.SSLContext | None = None) -> None:
        self.respond = respond
        self.requests: list[Request] = []
        self.gone = asyncio.Event()
        self.arrived = asyncio.Event()
        self.blocked = asyncio.Event()
        self.accepted = 0
        self.open: set[_Served] = set()
        self.port = 0
        self._tls = tls
        self._closed = asyncio.Event()
        self._scripts: deque[Script] = deque()
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """What a config names as `base_url`."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    def script(self, *steps: Step) -> None:
        """The next request that no earlier script waits for is answered by these steps."""
        self._scripts.append(steps)

    def answer(self, request: Request) -> Script:
        """Record a request and choose its script."""
        self.requests.append(request)
        self.arrived.set()
        return self._scripts.popleft() if self._scripts else self.respond(request)

    async def start(self, port: int = 0) -> None:
        """Listen on a loopback port; 0: any free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Served(self), "127.0.0.1", port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server:
            self._server.close()
        for served in list(self.open):
            served.transport.abort()
        if self.open:
            await self._closed.wait()

    def forget(self, served: "_Served") -> None:
        """A connection has closed."""
        self.open.discard(served)
        if not self.open and self._server and not self._server.is_serving():
            self._closed.set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _Served(asyncio.Protocol):
    """One connection: requests one after the other, each answered by its script."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.received = bytearray()
        self.task: asyncio.Task[None] | None = None
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.upstream.accepted += 1
        self.upstream.open.add(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.next()

    def next(self) -> None:
        """Begin the next request's script if the last is done and a whole request is here."""
        if self.task is None and (request := _cut(self.received)):
            self.task = asyncio.get_running_loop().create_task(self.play(self.upstream.answer(request)))

    async def play(self, script: Script) -> None:
        for step in script:
            await self.do(step)
        self.task = None
        self.next()

    async def do(self, step: Step) -> None:
        if isinstance(step, Send):
            await self.writable.wait()
            self.transport.write(step.data)
        elif isinstance(step, Pause):
            await step.until.wait()
        elif isinstance(step, Close):
            self.transport.close()
        elif isinstance(step, Reset):
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            await asyncio.Event().wait()

    def pause_writing(self) -> None:
        self.writable.clear()
        self.upstream.blocked.set()

    def resume_writing(self) -> None:
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.upstream.forget(self)
        if self.task:
            self.task.cancel()
            self.upstream.gone.set()


def _cut(received: bytearray) -> Request | None:
    """Take one whole request from the front of what was received."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    whole = end + 4 + int(headers.get("content-length", 0))
    if len(received) < whole:
        return None
    raw = bytes(received[:whole])
    del received[:whole]
    method, path, _ = first.split(" ")
    return Request(method, path, headers, raw[end + 4 :], raw)


@contextlib.contextmanager
def serving(respond: Callable[[Request], Script] = sensible) -> Iterator[Upstream]:
    """An upstream in a thread of its own. Only its `requests`, `base_url` and `script` are for the caller's thread."""
    ready: threading.Event = threading.Event()
    made: list[tuple[Upstream, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with Upstream(respond) as upstream:
            over = asyncio.Event()
            made.append((upstream, asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    upstream, loop, over = made[0]
    try:
        yield upstream
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


async def _main(port: int) -> None:
    upstream = Upstream()
    await upstream.start(port)
    print(upstream.base_url, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An upstream that answers every chat sensibly; prints its base URL.")
    parser.add_argument("--port", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args().port))
