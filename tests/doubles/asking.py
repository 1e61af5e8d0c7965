"""One request to a served Halfpenny on a connection of its own, so that any of its workers may take it."""

import asyncio

from tests.doubles.serving import Served


async def asked(served: Served, body: bytes) -> int:
    """The status; 0 when there was no whole answer."""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {served.key}\r\n"
    try:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(f"{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.read(-1)
            writer.close()
    except OSError:
        return 0
    whole = answer.endswith((b"0\r\n\r\n", b"}"))
    return int(answer[9:12]) if whole else 0
