"""An encoder's socket that does as the test says: answers, stays silent, refuses, hangs up. Real frames, no model."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from providers.engine.frames import Asked, Cancel, Embed, Failed, FrameReader, Ready, Told, Vectors, encode

READY = Ready("scripted", "bert", 512, 512, 64, False, width=2, identity="1")
Manner = Literal["answer", "silence", "refuse"]


class ScriptedEncoder:
    """`asked` holds what was heard, `cancelled` the ids that were taken back."""

    def __init__(self, ready: Ready) -> None:
        self.ready, self.manner = ready, "answer"
        self.vector = b"\x00\x00\x80\x3f\x00\x00\x00\x00"
        self.asked: list[Embed] = []
        self.cancelled: list[int] = []
        self._writers: list[asyncio.StreamWriter] = []

    def behave(self, manner: Manner) -> None:
        """From the next question on."""
        self.manner = manner

    def hang_up(self) -> None:
        """On everybody."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.append(writer)
        self._say(writer, self.ready)
        frames: FrameReader[Asked] = FrameReader(Asked)
        while data := await _read(reader):
            for frame in frames.feed(data):
                self._hear(writer, frame)

    def _hear(self, writer: asyncio.StreamWriter, frame: Asked) -> None:
        if isinstance(frame, Cancel):
            self.cancelled.append(frame.id)
        elif isinstance(frame, Embed):
            self.asked.append(frame)
            if self.manner == "answer":
                self._say(writer, Vectors(frame.id, (self.vector,) * len(frame.texts), (1,) * len(frame.texts)))
            elif self.manner == "refuse":
                self._say(writer, Failed(frame.id, 429, "local_queue_full", "busy"))

    def _say(self, writer: asyncio.StreamWriter, told: Told) -> None:
        writer.write(encode([told]))


@asynccontextmanager
async def scripted_encoder(path: Path, ready: Ready = READY) -> AsyncIterator[ScriptedEncoder]:
    """Served at this path."""
    made = ScriptedEncoder(ready)
    server = await asyncio.start_unix_server(made.attend, str(path))
    try:
        yield made
    finally:
        server.close()
        made.hang_up()
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""
