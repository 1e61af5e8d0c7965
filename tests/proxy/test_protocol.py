"""What is no HTTP request is refused in OpenAI's shape."""

import asyncio
import json

import pytest

from tests.doubles.house import House

OURS = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"GARBAGE\r\n\r\n",
        OURS + b"content-length: +1\r\n\r\nx",
        OURS + b"content-length: 1\r\ncontent-length: 2\r\n\r\nx",
        OURS + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        OURS + b"bad header\r\n\r\n",
    ],
)
async def test_it_is_told_and_the_connection_closes(home: House, raw: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(raw)

    async with asyncio.timeout(10):
        answer = await reader.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"x-request-id: " in head
    assert json.loads(body)["error"]["code"] == "invalid_http"
    assert len(body) == int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    writer.close()
