"""What is no HTTP request, or too large or slow a head, is refused in OpenAI's shape and the connection closed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from proxy.protocol import LARGEST_HEAD, MOST_HEADERS, protocol
from tests.doubles.house import House

LINE = b"POST /v1/chat/completions HTTP/1.1\r\n"
OURS = LINE + b"host: x\r\n"
BODY = b'{"model":"paid","messages":[{"role":"user","content":"hi"}]}'
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


async def said(port: int, raw: bytes) -> bytes:
    """All that comes back until the connection closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(20):
            with suppress(ConnectionError):  # whoever still sends when it is refused may be reset
                writer.write(raw)
                await writer.drain()
            with suppress(ConnectionError):
                while data := await reader.read(1 << 16):
                    answer += data
    finally:
        writer.transport.abort()
    return answer


@pytest.mark.parametrize(
    "raw",
    [
        b"GARBAGE\r\n\r\n",
        OURS + b"bad header\r\n\r\n",
        OURS + b"content-length: +1\r\n\r\nx",
        OURS + b"content-length: -1\r\n\r\nx",
        OURS + b"content-length: 1, 1\r\n\r\nx",
        OURS + b"content-length: 1\r\ncontent-length: 1\r\n\r\nx",
        OURS + b"content-length: 1\r\ncontent-length: 2\r\n\r\nx",
        OURS + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        OURS + b"transfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        OURS + b"transfer-encoding: gzip, chunked\r\n" + CHUNKED,
        OURS + b"transfer-encoding: chunked, gzip\r\n" + CHUNKED,
        OURS + b"transfer-encoding: identity\r\n" + LENGTH + b"\r\n" + BODY,
        OURS + b"x-a: 1\n" + LENGTH + b"\r\n" + BODY,
        OURS + b"x-a: 1\r" + LENGTH + b"\r\n" + BODY,
        OURS + b"x-a: 1\r\n 2\r\n" + LENGTH + b"\r\n" + BODY,
        OURS + b"x-a: \x00\r\n" + LENGTH + b"\r\n" + BODY,
        OURS + b"host: y\r\n" + LENGTH + b"\r\n" + BODY,
        LINE + LENGTH + b"\r\n" + BODY,
    ],
)
async def test_f60_what_two_readers_could_read_in_two_ways_is_told_and_the_connection_closes(
    home: House, raw: bytes
) -> None:
    answer = await said(home.port, raw)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"x-request-id: " in head
    assert json.loads(body)["error"]["code"] == "invalid_http"
    assert len(body) == int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    assert home.rows() == []


async def test_f60_bad_chunks_end_the_connection(home: House) -> None:
    head = OURS + b"authorization: Bearer %b\r\ntransfer-encoding: chunked\r\n\r\n" % home.key.encode()

    for chunk in (b"zz\r\n", b"0x3c\r\n", b"-1\r\n"):
        assert b'"code":"invalid_http"' in await said(home.port, head + chunk + BODY + b"\r\n0\r\n\r\n")
    assert home.rows() == []


@pytest.mark.parametrize(
    "headers",
    [
        b"".join(b"x-%d: 1\r\n" % number for number in range(MOST_HEADERS)),
        b"".join(b"x-%d: 1\r\n" % number for number in range(50_000)),
        b"x-a: " + b"a" * LARGEST_HEAD + b"\r\n",
        b"x-a: " + b"a" * 25_000_000 + b"\r\n",
    ],
    ids=["101 headers", "50 000 headers", "64 KiB", "25 MB"],
)
async def test_f61_a_head_above_the_limits_is_refused_before_it_is_kept(home: House, headers: bytes) -> None:
    answer = await said(home.port, OURS + headers + LENGTH + b"\r\n" + BODY)

    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large") or not answer  # reset while it sent


async def test_f61_the_most_headers_that_are_allowed(home: House) -> None:
    fixed = OURS + b"authorization: Bearer %b\r\nconnection: close\r\n" % home.key.encode() + LENGTH
    more = b"".join(b"x-%d: 1\r\n" % number for number in range(MOST_HEADERS - 4))

    assert (await said(home.port, fixed + more + b"\r\n" + BODY)).startswith(b"HTTP/1.1 200 OK")


@asynccontextmanager
async def impatient() -> AsyncIterator[int]:
    """The port of a server that waits a twentieth of a second for a head, and says nothing but 204."""

    async def app(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
    kind = protocol(lambda: "an-id", seconds=0.05)
    loop = asyncio.get_running_loop()
    state = ServerState()
    server = await loop.create_server(lambda: kind(config, state, {}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


async def test_f59_who_connects_and_says_nothing_is_closed() -> None:
    async with impatient() as port:
        assert await said(port, b"") == b""


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"], ids=["first", "kept alive"])
async def test_f59_a_head_that_never_ends_is_told_and_closed(before: bytes) -> None:
    async with impatient() as port:
        answer = await said(port, before + OURS + b"x-a: 1\r\nx-b")

    assert answer.startswith(b"HTTP/1.1 204" if before else b"HTTP/1.1 408 Request Timeout")
    assert answer.count(b"HTTP/1.1 408 Request Timeout\r\n") == 1
    assert b'"code":"request_timeout"' in answer
