"""A worker in a process of its own: `python -m tests.money.racer REDIS POSTGRES FOLDER LIMIT` spends the whole limit.

Tells each dispatched attempt and its true cost, with write(2), in a file of its own: what a provider would know.
"""

import asyncio
import os
import random
import sys
from itertools import count
from pathlib import Path

from proxy.money.leased.opening import open_leased
from proxy.money.ledger import Denied, LedgerUnavailable, Notice
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled

UNHURRIED = 5.0


def scopes(limit: int) -> tuple[Scope, ...]:
    """A team's budget of so many n$ inside everybody's, which is half as much again."""
    marks = (limit // 2, limit * 7 // 10)
    return Scope("team", 0, 2_000_000_000, limit), Scope("month", 0, 2_000_000_000, limit * 3 // 2, alerts=marks)


async def race(redis: str, postgres: str, folder: Path, limit: int) -> None:
    """Spend until nothing fits."""
    told = os.open(folder / f"told-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    alerts = os.open(folder / "alerts", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def heed(notice: Notice) -> None:
        os.write(alerts, f"{notice}\n".encode())

    ledger = await open_leased(redis, postgres, folder, heed, timeout=UNHURRIED)
    chance = random.Random(os.getpid())

    async def spend(lane: int) -> None:
        for turn in count():
            id, amount = f"{os.getpid()}-{lane}-{turn}", chance.randint(1, 200)
            try:
                answer = await ledger.reserve(hold(id, amount, *scopes(limit)))
            except LedgerUnavailable:
                await asyncio.sleep(0.05)
                continue
            if isinstance(answer, Denied):
                if answer.why == "limit":
                    return
                await asyncio.sleep(0.005)
                continue
            ledger.dispatched(id, 0)
            cost = chance.randint(0, amount)
            os.write(told, f"{id} {amount} {cost}\n".encode())
            await asyncio.sleep(chance.random() / 500)
            await ledger.settle(settled(id, cost))

    await asyncio.gather(*(spend(lane) for lane in range(8)))
    await ledger.aclose()


if __name__ == "__main__":
    asyncio.run(race(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
