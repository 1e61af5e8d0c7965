"""A request that fails is freed at once, with all it held: no cycle is left to the collector, which seldom looks."""

import asyncio
import gc
from collections import Counter
from pathlib import Path

import httpx
import pytest

from providers.engine.connection import Answering
from providers.engine.frames import Asked, FrameReader, Piece, Ready, Start, encode
from proxy.exchange import Exchange
from proxy.relay import Client
from proxy.story import Story
from tests.doubles.eventually import eventually
from tests.doubles.house import House, house

CONFIG = """
providers:
  victim: {dialect: engine, model: demo}
models:
  victim: {provider: victim}
"""
READY = Ready("m", "llama", 1024, 1024, slots=2, template=True)
HELD = (Answering, Exchange, Client, Story)
TIMES = 10


class Crashing(asyncio.Protocol):
    """Plays an engine that dies of every question, before or after its first word."""

    def __init__(self, speaks: bool) -> None:
        self._speaks = speaks
        self._frames: FrameReader[Asked] = FrameReader(Asked)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(encode([READY]))

    def data_received(self, data: bytes) -> None:
        for asked in self._frames.feed(data):
            if isinstance(asked, Start) and self._speaks:
                self._transport.write(encode([Piece(asked.id, "Once", 1)]))
        self._transport.close()


async def ask(client: httpx.AsyncClient, served: House) -> tuple[int, bool]:
    """(status, whether the last event is an error) of a stream."""
    body = {"model": "victim", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    headers = {"authorization": f"Bearer {served.key}"}
    answer = await client.post(f"{served.url}/chat/completions", json=body, headers=headers)
    return answer.status_code, "local_model_crashed" in answer.text


def held() -> Counter[str]:
    """What requests leave, by type; what only the collector would free counts too."""
    return Counter(type(each).__name__ for each in gc.get_objects() if issubclass(type(each), HELD))


@pytest.mark.parametrize(("speaks", "status"), [(True, 200), (False, 503)])
async def test_f79_a_crash_leaves_nothing_to_the_collector(tmp_path: Path, speaks: bool, status: int) -> None:
    loop = asyncio.get_running_loop()
    engine = await loop.create_unix_server(lambda: Crashing(speaks), str(tmp_path / "victim.sock"))
    async with engine, house(tmp_path, CONFIG) as served, httpx.AsyncClient() as client:
        assert await ask(client, served) == (status, True)
        gc.collect()
        gc.disable()
        try:
            before = held()
            for _ in range(TIMES):
                assert await ask(client, served) == (status, True)
            await eventually(lambda: (held() - before).total() < TIMES / 2)
        finally:
            gc.enable()
