"""Vectors of many texts for training and evaluation, from an encoder process that lives as long as it is asked."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from providers.engine.encoder_client import Encoder
from providers.engine.frames import Embed, Ready
from providers.engine.line import Line

BATCH = 32
LOADING = 60.0
"""Seconds that a model may take to load."""


class Served(Struct, frozen=True):
    """A process: where it listens, and its id."""

    socket: str
    id: int


class NoEncoder(Exception):
    """The encoder does not start; the message is its own."""


async def vectors(settings: Encoder, texts: Sequence[str]) -> tuple[Ready, NDArray[np.float64]]:
    """The model, and (texts, width), each of length 1. Raises NoEncoder or HalfpennyError."""
    async with served(settings) as process:
        line = Line(process.socket, settings.stall, patience=LOADING)
        try:
            ready = (await line.connect()).ready
            assert ready is not None, "a connection is greeted"
            starts = range(0, len(texts), BATCH)
            parts = [await _batch(line, tuple(texts[start : start + BATCH])) for start in starts]
        finally:
            await line.aclose()
    return ready, np.concatenate([np.empty((0, ready.width)), *parts])


@asynccontextmanager
async def served(settings: Encoder) -> AsyncIterator[Served]:
    """A fresh encoder process that is ready. Raises NoEncoder."""
    with tempfile.TemporaryDirectory() as folder:
        socket = str(Path(folder) / "encoder.sock")
        words = [sys.executable, *settings.arguments(socket)]
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                said = msgspec.json.decode(line)
                if said["event"] == "error":
                    raise NoEncoder(said["message"])
                if said["event"] == "ready":
                    break
            else:
                raise NoEncoder("the encoder ended before it was ready")
            yield Served(socket, process.pid)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _batch(line: Line, texts: tuple[str, ...]) -> NDArray[np.float64]:
    answer = await line.ask(lambda id: Embed(id, "training", texts))
    made = [vector async for events in answer for event in events for vector in event.vectors or ()]
    return np.stack([np.frombuffer(vector, "<f4") for vector in made]).astype(np.float64)
