"""An accountant that listens and says nothing, as one that is stopped or whose disk stalls: nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic_ns, time_ns

import pytest

from proxy.limits.remote import RemoteMeter
from proxy.money.ledger import Granted, LedgerUnavailable
from proxy.money.remote.client import RemoteLedger
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import MONTH, hold, rows, settled
from tests.doubles.offices import BOOT, Office

WORKER = "99999999-1"


class Bridge:
    """Between a worker and its accountant; while `open` is not set, what the worker says waits."""

    def __init__(self, office: Office) -> None:
        self.open, self._office = asyncio.Event(), office
        self.open.set()

    async def cross(self, worker: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, ahead = await asyncio.open_unix_connection(self._office.socket)
        returning = asyncio.create_task(self._pass_on(far, back, asyncio.Event()))
        await self._pass_on(worker, ahead, self.open)
        await returning

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        while data := await reader.read(65536):
            if gate is self.open:
                await gate.wait()
            writer.write(data)
        writer.close()


@asynccontextmanager
async def bridged(office: Office, folder: Path) -> AsyncIterator[tuple[Bridge, RemoteLedger]]:
    """A worker behind a bridge to this office; it is patient for a tenth of a second."""
    bridge, path = Bridge(office), str(folder / "bridge.sock")
    server = await asyncio.start_unix_server(bridge.cross, path)
    worker = RemoteLedger(path, office.path, WORKER, time_ns, BOOT, patience=0.1)
    await worker.connected(5)
    try:
        yield bridge, worker
    finally:
        bridge.open.set()
        await worker.aclose()
        server.close()


async def test_a_silent_accountant_closes_budgets_and_holds_nothing_for_ever(office: Office, tmp_path: Path) -> None:
    """F37, F38 on one machine: what was asked in vain is voided, what ended is kept, once it speaks again."""
    async with bridged(office, tmp_path) as (bridge, worker):
        assert await worker.reserve(hold("ran", 100, MONTH)) == Granted()
        bridge.open.clear()
        for asked in (worker.reserve(hold("vain", 100, MONTH)), worker.settle(settled("ran", 30))):
            with pytest.raises(LedgerUnavailable, match="does not answer"):
                await asked
        meter = RemoteMeter(worker.line, monotonic_ns)
        assert (await meter.admit("free", ())).denied < 0

        bridge.open.set()
        await eventually(lambda: [row[:5] for row in rows(office.folder)] == EXPECTED)
        assert await worker.reserve(hold("after", 100, MONTH)) == Granted()


EXPECTED = [("ran", 0, "settled", 100, 30), ("vain", 0, "void", 100, 0)]
