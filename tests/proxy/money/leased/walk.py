"""A seeded walk: workers on real stores hold, settle, leave, die, lose their line; Redis forgets; then all must close.

The order of what is done to them comes from the seed, what runs at the same time from the machine.
`python -m tests.proxy.money.leased.walk FIRST LAST` walks with those seeds and prints those after which a lease stayed
behind, or the books do not close.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random

from proxy.money.leased.book import BookLost
from proxy.money.leased.journal import SUFFIX
from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.opening import open_leased
from proxy.money.leased.verify import complaints
from proxy.money.ledger import Denied, LedgerUnavailable, UnknownHold
from routing.budget import Scope
from tests.doubles.forwarder import Forwarder
from tests.doubles.ledgers import hold, settled, void
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.doubles.stores import Stores
from tests.money.grown import book

STEPS, WORKERS, LANES, MOST = 40, 3, 6, 200
UNHURRIED = 2.0


def scopes(window: int) -> tuple[Scope, ...]:
    """A team's budget inside everybody's; so large that something is leased ahead."""
    return Scope("team", window, 2_000_000_000, 40_000), Scope("month", window, 2_000_000_000, 60_000, alerts=(5_000,))


class Worker:
    """One, with a line of its own to Redis."""

    def __init__(self, ledger: LeasedLedger, line: Forwarder) -> None:
        self.ledger, self.line = ledger, line
        self.lanes: set[asyncio.Task[None]] = set()

    async def end(self, kill: bool) -> None:
        """Leave in order once its requests have ended, or die."""
        if kill:
            for lane in self.lanes:
                lane.cancel()
        await asyncio.gather(*self.lanes, return_exceptions=True)
        await (self.ledger.halt() if kill else self.ledger.aclose())
        await self.line.aclose()


class Walk:
    """One world."""

    def __init__(self, stores: Stores, seed: int) -> None:
        self._stores, self._random = stores, Random(seed)
        self._journals = stores.folder / "journals"
        self._workers: list[Worker] = []
        self._made = self._window = 0
        self._sent: dict[str, int] = {}
        """What each dispatched attempt truly costs."""

    async def run(self) -> list[str]:
        """What is wrong in the end, a sentence each."""
        for _ in range(STEPS):
            if not self._workers:
                await self._open()
            await self._step()
            await asyncio.sleep(self._random.random() / 20)
        for worker in self._workers:
            await worker.end(self._random.random() < 0.5)
        async with self._stores.worker(self._journals) as last:
            return await self._quiet(last)

    async def _step(self) -> None:
        what, one = self._random.random(), self._random.choice(self._workers)
        if what < 0.15 and len(self._workers) < WORKERS:
            await self._open()
        elif what < 0.3:
            self._forget()
        elif what < 0.5:
            if self._random.random() < 0.3:
                one.line.cut()
            self._workers.remove(one)
            await one.end(self._random.random() < 0.6)
        elif what < 0.55:
            one.line.cut()
            await asyncio.sleep(self._random.random() / 20)
            await one.line.mend()
        elif what < 0.6:
            self._window += 1
        else:
            for worker in self._workers:
                worker.lanes = {lane for lane in worker.lanes if not lane.done()}
                worker.lanes |= {asyncio.create_task(self._attempt(worker.ledger)) for _ in range(LANES)}

    def _forget(self) -> None:
        redis = self._stores.redis
        if self._random.random() < 0.7:
            redis.say("FLUSHALL")
        else:
            redis.kill()
            redis.start()

    async def _open(self) -> None:
        self._made += 1
        path = self._stores.folder / f"{self._made}.sock"
        line = Forwarder(path, self._stores.redis.socket)
        await line.mend()
        words = (f"unix://{path}", self._stores.url, self._journals, self._stores.notices.append)
        self._workers.append(Worker(await open_leased(*words, timeout=UNHURRIED), line))

    async def _attempt(self, ledger: LeasedLedger) -> None:
        self._made += 1
        id, amount, random = f"a{self._made}", self._random.randint(1, MOST), self._random
        window = max(0, self._window - random.randint(0, 1))
        cost, sent, pause = random.randint(0, amount), random.random() < 0.8, random.random() / 10
        try:
            if isinstance(await ledger.reserve(hold(id, amount, *scopes(window))), Denied):
                return
            if sent:
                ledger.dispatched(id, 0)
                self._sent[id] = cost
            await asyncio.sleep(pause)
            await ledger.settle(settled(id, cost) if sent else void(id))
            late = random.choice(list(self._sent) or [id])
            await ledger.settle(settled(late, self._sent.get(late, 0)))
        except (LedgerUnavailable, BookLost, UnknownHold):
            return

    async def _quiet(self, last: LeasedLedger) -> list[str]:
        said: list[str] = []
        for _ in range(600):
            said = await self._wrong(last)
            if not said:
                break
            await asyncio.sleep(0.01)
        return said

    async def _wrong(self, last: LeasedLedger) -> list[str]:
        try:
            for window in range(self._window + 1):
                await last.room(scopes(window))
        except LedgerUnavailable:
            return ["budgets are closed"]
        said, owner = await complaints(last), last.accounts.owner
        async for name, fields in last.lender.counters():
            if fields["leased"] != "0":
                said.append(f"{name}: {fields['leased']} leased, by {[f for f in fields.items() if f[0][0] == 'l']}")
        shares = await book(last).fetch("SELECT * FROM shares WHERE level <> 0 AND owner <> $1", owner)
        owners = await book(last).fetch("SELECT owner FROM owners WHERE NOT closed AND owner <> $1", owner)
        left = [path.name for path in (self._stores.folder / "j").glob("*" + SUFFIX)]
        return (
            said + [f"in the book: {row}" for row in (*shares, *owners)] + [f"not recovered: {name}" for name in left]
        )


async def walked(redis: RedisServer, postgres: PostgresServer, seed: int) -> list[str]:
    """What is wrong after one."""
    with tempfile.TemporaryDirectory(prefix="halfpenny-walk-") as folder:
        return await Walk(Stores(redis, postgres, Path(folder)), seed).run()


def main() -> int:
    """See the module."""
    first, last, wrong = int(sys.argv[1]), int(sys.argv[2]), 0
    with RedisServer() as redis, PostgresServer() as postgres:
        for seed in range(first, last + 1):
            said = asyncio.run(walked(redis, postgres, seed))
            wrong += bool(said)
            print(seed, *said or ["well"], sep="\n  ", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
