"""One streamed answer, as a client on the server's socket sees it: its tokens, and when the first and the last came."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httptools
import msgspec
from msgspec import Struct

from providers.engine.frames import Options, Start, Turn
from providers.engine.line import Line


class Stream(Struct, frozen=True):
    """Seconds from the question to the first and to the last token; `whole`: it ended as it should."""

    first: float
    last: float
    tokens: int
    whole: bool


Ask = Callable[[str, int], Awaitable[Stream]]
"""Asks for an answer of so many tokens to this prompt."""


class _Delta(Struct, frozen=True):
    content: str | None = None


class _Choice(Struct, frozen=True):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Chunk(Struct, frozen=True):
    choices: tuple[_Choice, ...] = ()


_chunk = msgspec.json.Decoder(_Chunk)


class _Answer:
    """Counts the tokens of an SSE body; httptools calls it."""

    def __init__(self, asked: int) -> None:
        self._asked, self._rest = asked, b""
        self.first: float | None = None
        self.tokens = 0
        self.finish: str | None = None
        self.complete = False

    def on_body(self, body: bytes) -> None:
        *events, self._rest = (self._rest + body).replace(b"\r\n", b"\n").split(b"\n\n")
        for event in events:
            if event.startswith(b"data: {"):
                self._read(_chunk.decode(event[6:]))

    def on_message_complete(self) -> None:
        self.complete = True

    def _read(self, chunk: _Chunk) -> None:
        for choice in chunk.choices:
            if choice.delta.content:
                self.first = self.first or time.perf_counter()
                self.tokens += 1
            self.finish = choice.finish_reason or self.finish

    def stream(self, began: float) -> Stream:
        now = time.perf_counter()
        # An event may carry several tokens (a character of many bytes): who was cut by its limit has them all.
        tokens = self._asked if self.finish == "length" else self.tokens
        return Stream((self.first or now) - began, now - began, tokens, self.finish is not None)


def over_http(port: int, model: str, key: str = "") -> Ask:
    """Ask `/v1/chat/completions` on this port; a connection for each question."""

    async def ask(prompt: str, tokens: int) -> Stream:
        wish = {"model": model, "stream": True, "temperature": 0, "max_tokens": tokens}
        body = msgspec.json.encode({**wish, "messages": [{"role": "user", "content": prompt}]})
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key or 'none'}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = _Answer(tokens)
        parser = httptools.HttpResponseParser(answer)
        began = time.perf_counter()
        writer.write(head.encode() + body)
        while not answer.complete and (data := await reader.read(65536)):
            parser.feed_data(data)
        writer.close()
        return answer.stream(began)

    return ask


def over_frames(line: Line) -> Ask:
    """Ask the engine on its own unix socket; all questions are of one tenant, as the other servers know only one."""

    async def ask(prompt: str, tokens: int) -> Stream:
        options = Options(max_tokens=tokens, temperature=0)
        began = time.perf_counter()
        answer = await line.ask(lambda id: Start(id, "tenant", (Turn("user", prompt),), options))
        first = time.perf_counter()
        said, finished = 0, False
        async for events in answer:
            for event in events:
                if event.usage is not None:
                    said, finished = event.usage.output, True
        await answer.close()
        return Stream(first - began, time.perf_counter() - began, said, finished)

    return ask
