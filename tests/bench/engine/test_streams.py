"""What the bench counts on a server's socket."""

import asyncio

from bench.engine.streams import over_http


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WORD = b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}\n\n'


async def counted(body: bytes) -> tuple[int, bool]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        stream = await over_http(server.sockets[0].getsockname()[1], "any")("hello", 64)
        return stream.tokens, stream.whole


async def test_an_answer_cut_by_its_limit_has_all_its_tokens() -> None:
    last = b'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n'
    assert await counted(HEAD + chunked(WORD, WORD[:20], WORD[20:], last, b"data: [DONE]\n\n")) == (64, True)


async def test_one_that_stopped_has_those_that_came() -> None:
    last = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\n'
    assert await counted(HEAD + chunked(WORD + WORD, WORD, last)) == (3, True)


async def test_a_killed_stream_is_no_answer() -> None:
    assert await counted(HEAD + chunked(WORD, WORD)[:-5]) == (2, False)
