"""Where a worker's money and limits are kept: in its own process when it is the only one, else with the accountant."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic_ns, time_ns

from msgspec import Struct

from proxy.config.schema import Config
from proxy.dying import die
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
    name, alone = worker_name(os.getpid(), time_ns()), config.server.workers == 1
    async with AsyncExitStack() as stack:
        if config.store.redis:
            ledger, meter = await _grown(config, data, notice, stack)
        elif alone:
            ledger, meter = _own(config, data / FILE, notice, stack), LocalMeter(monotonic_ns)
        else:
            remote = RemoteLedger(str(accountant_path(run_folder)), data / FILE, name, time_ns)
            stack.push_async_callback(remote.aclose)
            await remote.connected(PATIENCE)
            ledger, meter = remote, RemoteMeter(remote.line, monotonic_ns)
        if alone:
            yield Accounts(ledger, meter, metrics.render)
            return
        gathered = Gathered(metrics_folder(run_folder), name, metrics)
        stack.push_async_callback(gathered.aclose)
        gathered.open()
        yield Accounts(ledger, meter, gathered.render)


def _own(config: Config, path: Path, notice: Callable[[Notice], None], stack: AsyncExitStack) -> Ledger:
    Marks(path).merge()
    ledger = SqliteLedger(path, time_ns, notice, durability=config.ledger.durability, broken=die)
    stack.push_async_callback(ledger.aclose)
    return ledger


async def _grown(
    config: Config, data: Path, notice: Callable[[Notice], None], stack: AsyncExitStack
) -> tuple[Ledger, Meter]:
    """The ledger of several machines: leases from Redis, rows in Postgres. Raises LedgerRefused."""
    try:
        from proxy.limits.redis import RedisMeter
        from proxy.money.leased.opening import open_leased  # loads the clients of both servers
    except ImportError as missing:
        raise LedgerRefused(f"`store` needs the extra `grown`: pip install 'halfpenny[grown]' ({missing})") from None
    store = config.store
    folder = data / "leases"
    ledger = await open_leased(store.redis.reveal(), store.postgres.reveal(), folder, notice, config.budgets)
    stack.push_async_callback(ledger.aclose)
    meter = RedisMeter(store.redis.reveal(), monotonic_ns)
    stack.push_async_callback(meter.aclose)
    return ledger, meter
