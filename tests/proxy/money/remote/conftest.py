"""An accountant, and workers of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from proxy.money.remote.client import RemoteLedger
from tests.doubles.offices import Office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(tmp_path)
    await made.open()
    yield made
    await made.aclose()


@pytest.fixture
async def hire(office: Office) -> AsyncIterator[Callable[[], Awaitable[RemoteLedger]]]:
    """Workers' ledgers, connected."""
    async with AsyncExitStack() as stack:

        async def new() -> RemoteLedger:
            worker = office.worker()
            await worker.connected(5)
            stack.push_async_callback(worker.aclose)
            return worker

        yield new
