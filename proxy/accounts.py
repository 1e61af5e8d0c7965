"""Where a worker's money and limits are kept: in its own process when it is the only one, else with the accountant."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic_ns, time_ns

from msgspec import Struct

from proxy.config.schema import Config
from proxy.limits.bucket import Meter
from proxy.limits.meter import LocalMeter
from proxy.limits.remote import RemoteMeter
from proxy.money.ledger import Ledger, Notice
from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.marks import Marks, worker_name
from proxy.money.schema import FILE, LedgerRefused
from proxy.money.sqlite import SqliteLedger
from proxy.places import accountant_path, metrics_folder
from proxy.watch.gathered import Gathered
from proxy.watch.metrics import Metrics

PATIENCE = 10.0
"""Seconds that a starting worker waits for its accountant."""


class Accounts(Struct, frozen=True):
    """Ledger, meter, and the text of `/metrics` over all workers."""

    ledger: Ledger
    meter: Meter
    exposition: Callable[[], bytes]


@asynccontextmanager
async def accounts(
    config: Config, data: Path, run_folder: Path, metrics: Metrics, notice: Callable[[Notice], None]
) -> AsyncIterator[Accounts]:
    """Open, and close at the end. `notice` hears the ledger where it is our own. Raises what the ledger raises."""
    if config.store.redis:
        async with grown(config, data, metrics, notice) as kept:
            yield kept
        return
    path = data / FILE
    if config.server.workers == 1:
        Marks(path).merge()
        ledger = SqliteLedger(path, time_ns, notice)
        try:
            yield Accounts(ledger, LocalMeter(monotonic_ns), metrics.render)
        finally:
            await ledger.aclose()
        return
    name = worker_name(os.getpid(), time_ns())
    remote = RemoteLedger(str(accountant_path(run_folder)), path, name, time_ns)
    gathered = Gathered(metrics_folder(run_folder), name, metrics)
    await remote.connected(PATIENCE)
    gathered.open()
    try:
        yield Accounts(remote, RemoteMeter(remote.line, monotonic_ns), gathered.render)
    finally:
        await remote.aclose()
        await gathered.aclose()


@asynccontextmanager
async def grown(
    config: Config, data: Path, metrics: Metrics, notice: Callable[[Notice], None]
) -> AsyncIterator[Accounts]:
    """The ledger of several machines: leases from Redis, rows in Postgres. Raises LedgerRefused."""
    try:
        from proxy.money.leased.opening import open_leased  # loads the clients of both servers
    except ImportError as missing:
        raise LedgerRefused(f"`store` needs the extra `grown`: pip install 'halfpenny[grown]' ({missing})") from None
    store = config.store
    folder = data / "leases"
    ledger = await open_leased(store.redis.reveal(), store.postgres.reveal(), folder, notice, config.budgets)
    try:
        yield Accounts(ledger, LocalMeter(monotonic_ns), metrics.render)
    finally:
        await ledger.aclose()
