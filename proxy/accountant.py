"""The accountant: `python -m proxy.accountant`, a child of the supervisor that keeps the ledger of several workers.

It is the one process that writes the ledger and the one meter of the limits, on a unix socket in the run folder. Told
to stop, it waits for its workers to hang up first.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic_ns, time_ns

import uvloop

from proxy.config.load import load
from proxy.config.schema import Config
from proxy.dying import die
from proxy.limits.meter import LocalMeter
from proxy.money.ledger import Notice
from proxy.money.remote.latest import Latest
from proxy.money.remote.marks import Marks, worker_name
from proxy.money.remote.server import Accountant
from proxy.money.schema import FILE, LedgerRefused
from proxy.money.sqlite import SqliteLedger
from proxy.places import accountant_path, metrics_folder
from proxy.watch.audience import heed
from proxy.watch.gathered import Gathered
from proxy.watch.logs import Log
from proxy.watch.metrics import Metrics

LAST_SECONDS = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 0 after a clean end, 1 when the ledger cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m proxy.accountant", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="config.yaml")
    parser.add_argument("--data", type=Path, required=True, help="the data folder: the ledger")
    parser.add_argument("--run-folder", type=Path, required=True, help="where its socket will be")
    args = parser.parse_args(argv)
    try:
        return uvloop.run(serve(load(args.config, os.environ), args.data, args.run_folder))
    except LedgerRefused as refused:
        print(f"halfpenny: {refused}", file=sys.stderr, flush=True)
        return 1


async def serve(config: Config, data: Path, run_folder: Path) -> int:
    """Open the ledger, serve it, close it. Raises LedgerRefused."""
    loop = asyncio.get_running_loop()
    log, metrics, told = Log(sys.stderr.fileno()), Metrics(()), loop.create_future()

    def notice(notice: Notice) -> None:
        heed(metrics, log, notice)

    def end(code: int) -> None:
        if not told.done():
            told.set_result(code)

    clock = Latest(time_ns)
    ledger = SqliteLedger(data / FILE, clock, notice, durability=config.ledger.durability, broken=die, keep=True)
    accountant = Accountant(ledger, LocalMeter(monotonic_ns), Marks(data / FILE), clock)
    gathered = Gathered(metrics_folder(run_folder), worker_name(os.getpid(), time_ns()), metrics)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, 0)
    try:
        await accountant.open(str(accountant_path(run_folder)))
        gathered.open()
        code: int = await told
        if code == 0:
            await _alone(accountant, config.server.drain + LAST_SECONDS)
        return code
    finally:
        await accountant.aclose()
        await ledger.aclose()
        await gathered.aclose()
        await log.aclose()


async def _alone(accountant: Accountant, seconds: float) -> None:
    """Wait for the workers' last answers, but not for ever."""
    try:
        await asyncio.wait_for(accountant.alone.wait(), seconds)
    except TimeoutError:
        return


if __name__ == "__main__":
    sys.exit(main())
