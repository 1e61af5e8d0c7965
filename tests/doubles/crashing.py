"""A worker that goes one attempt's way and is killed at a numbered point of it, alone or with its accountant.

`python -m tests.doubles.crashing SOCKET LEDGER POINT WITNESS [PID]`: `WITNESS` is the file in which the upstream notes
what it would bill; `PID` is the accountant's, which is killed a moment before.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from time import time_ns

from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.marks import worker_name
from tests.doubles.ledgers import MONTH, hold, settled

AMOUNT, TRUTH = 100, 60
POINTS = ("connected", "asked", "granted", "marked", "billed", "told", "settled")


def crash(point: int, here: str, victims: list[int]) -> None:
    """Die here, if here is where to die."""
    if POINTS[point] == here:
        for victim in (*victims, os.getpid()):
            os.kill(victim, signal.SIGKILL)


async def live(socket: str, ledger: Path, point: int, witness: Path, victims: list[int]) -> None:
    """Hold, mark, be billed, settle."""
    worker = RemoteLedger(socket, ledger, worker_name(os.getpid(), time_ns()), time_ns)
    await worker.connected(20)
    crash(point, "connected", victims)
    reserve = asyncio.ensure_future(worker.reserve(hold("a", AMOUNT, MONTH)))
    await asyncio.sleep(0)  # the question is queued
    await asyncio.sleep(0)  # and written
    crash(point, "asked", victims)
    await reserve
    crash(point, "granted", victims)
    worker.dispatched("a", 0)
    crash(point, "marked", victims)
    with witness.open("a") as file:
        file.write(f"{TRUTH}\n")
    crash(point, "billed", victims)
    settle = asyncio.ensure_future(worker.settle(settled("a", TRUTH)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    crash(point, "told", victims)
    await settle
    crash(point, "settled", victims)


if __name__ == "__main__":
    socket, ledger, point, witness, *victims = sys.argv[1:]
    asyncio.run(live(socket, Path(ledger), int(point), Path(witness), [int(victim) for victim in victims]))
