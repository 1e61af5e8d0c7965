"""Workers in processes of their own race for the last cent, die, and lose their Redis; three books are compared."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.money.leased.verify import verify
from proxy.money.ledger import Alert
from routing.money import NANO
from tests.doubles.eventually import in_time
from tests.doubles.stores import Stores
from tests.money.racer import scopes

ROOT = Path(__file__).resolve().parents[2]
LIMIT = NANO // 2000
WORKERS = 2


def start(stores: Stores) -> "subprocess.Popen[bytes]":
    words = (stores.redis.url, stores.url, str(stores.folder), str(LIMIT))
    return subprocess.Popen([sys.executable, "-m", "tests.money.racer", *words], cwd=ROOT, stderr=subprocess.DEVNULL)


def told(folder: Path) -> dict[str, tuple[int, int]]:
    """What the provider knows: for each attempt that reached it, the hold and the true cost."""
    lines = [line.split() for file in folder.glob("told-*") for line in file.read_text().splitlines()]
    return {id: (int(amount), int(cost)) for id, amount, cost in lines}


async def close_the_books(stores: Stores, killed: int) -> None:
    """I1, I2, I4, I5, I7, I8, I10."""
    team, month = scopes(LIMIT)
    async with stores.worker() as ledger:
        assert await ledger.room((team, month)) is not None  # a counter is made anew when somebody looks
        await in_time(lambda: verify(ledger))
        rows = {row["id"]: (row["state"], row["cost"]) for row in await stores.rows(ledger)}
        spent = sum(cost for _, cost in rows.values())

        async def all_went_back() -> bool:
            """Who is gone, or was recovered, leases nothing; what this one leased by asking rests after a second."""
            return [await stores.counter(ledger, (name, 0)) for name in ("team", "month")] == [(spent, 0)] * 2

        await in_time(all_went_back)
    assert team.limit - 200 < spent <= team.limit
    for id, (amount, cost) in told(stores.folder).items():
        assert rows[id] in (("settled", cost), ("expired", amount))
    expired = sum(state == "expired" for state, _ in rows.values())
    assert expired <= killed * 8
    marks = [line for line in (stores.folder / "alerts").read_text().splitlines() if Alert.__name__ in line]
    assert sorted(line.split("mark=")[1].split(",")[0] for line in marks) == sorted(map(str, month.alerts))


async def test_f31_f35_f36_f45_workers_race_and_are_killed(stores: Stores) -> None:
    chance = random.Random(31)
    workers = [start(stores) for _ in range(WORKERS)]
    killed = 0
    while any(worker.poll() is None for worker in workers) and killed < 6:
        await asyncio.sleep(0.6 + chance.random() / 2)
        one = chance.randrange(WORKERS)
        if workers[one].poll() is None:
            workers[one].kill()
            workers[one].wait()
            workers[one] = start(stores)
            killed += 1
    assert [worker.wait(60) for worker in workers] == [0] * WORKERS
    assert killed
    await close_the_books(stores, killed)


@pytest.mark.parametrize("loss", ["FLUSHALL", "restart"])
async def test_f39_f40_redis_forgets_while_workers_race(stores: Stores, loss: str) -> None:
    workers = [start(stores) for _ in range(WORKERS)]
    await in_time(lambda: busy(stores))
    for _ in range(2):
        if loss == "FLUSHALL":
            stores.redis.say("FLUSHALL")
        else:
            stores.redis.kill()
            stores.redis.start()
        await asyncio.sleep(1.2)
    assert [worker.wait(60) for worker in workers] == [0] * WORKERS
    await close_the_books(stores, 0)


async def busy(stores: Stores) -> bool:
    return len(told(stores.folder)) > 300
