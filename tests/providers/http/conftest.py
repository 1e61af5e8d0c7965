"""Every test of the client runs on asyncio's own loop and on uvloop, which serves in production."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
import uvloop

from providers.dialects.openai import OpenAI
from providers.endpoint import Timeouts
from providers.http.pool import Pool
from providers.http.transport import Transport
from providers.words import Call, Event, Sent, Task, View
from tests.doubles.upstream import Upstream


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops that each test runs on, one after the other."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """A scripted upstream that answers sensibly until told otherwise."""
    async with Upstream() as served:
        yield served


Connect = Callable[..., Transport]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes transports to a base URL, and closes them."""
    async with AsyncExitStack() as stack:

        def make(base_url: str, *, tls: Any = None, connections: int = 4, **limits: float) -> Transport:
            dialect = OpenAI(base_url=base_url, connections=connections, timeouts=Timeouts(**limits))
            transport = Transport(dialect, Pool(dialect, tls=tls))
            stack.push_async_callback(transport.aclose)
            return transport

        yield make


def call(*, stream: bool = True, task: Task = "chat", **fields: Any) -> Call:
    """A client's call."""
    body = {"model": "auto", "messages": [], "stream": stream, **fields}
    raw = msgspec.json.encode(body)
    return Call(
        task, task, msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), View("auto", stream=stream), len(raw)
    )


Ask = Callable[..., Awaitable[list[Event]]]


@pytest.fixture
def ask() -> Ask:
    """Sends a call and gives all events of its answer."""

    async def read(transport: Transport, **fields: Any) -> list[Event]:
        answer = await transport.open(call(**fields), Sent("m"))
        try:
            return [event async for events in answer for event in events]
        finally:
            await answer.close()

    return read


@pytest.fixture
def asked() -> Call:
    """A streamed chat call."""
    return call()
