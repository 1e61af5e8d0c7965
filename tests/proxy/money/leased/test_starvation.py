"""F31: two workers near the end of a budget: what fits is admitted within a few tries, whoever keeps asking."""

import asyncio
from itertools import count
from random import Random

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.redis import RECALL
from proxy.money.leased.verify import verify
from proxy.money.ledger import Denied, Granted
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.ledgers import hold, settled, void
from tests.doubles.stores import Stores

BUDGETS, LANES = 12, 3
MOST = 30
BEFORE = 10_000
"""n$ of a budget that are spent before: a hold is so small a part of it that what it takes is leased ahead."""
TRIES = 12
"""Refusals in a row of what fitted, all lanes of both workers together: each lane's second try."""


class End:
    """The end of one budget, inside another one, as whoever sees everything knows it. Amounts in n$."""

    def __init__(self, number: int, random: Random) -> None:
        self.limit = BEFORE + random.randint(MOST + 1, 3 * MOST)
        team = Scope(f"team/{number}", 0, 2_000_000_000, self.limit)
        every = Scope(f"all/{number}", 0, 2_000_000_000, self.limit + random.randint(0, MOST))
        self.scopes = (team, every)
        self.spent = self.in_flight = self.wrong = self.most_wrong = self.admitted = 0
        self._random = random

    async def begin(self, ledger: LeasedLedger, name: str) -> None:
        """Spend all but the end."""
        assert await ledger.reserve(hold(name, BEFORE, *self.scopes)) == Granted()
        await ledger.settle(settled(name, BEFORE))
        self.spent = BEFORE

    async def lane(self, ledger: LeasedLedger, name: str) -> None:
        """Ask until nothing can fit any more. Raises AssertionError when what fits is refused again and again."""
        for turn in count():
            amount, id, admitted = self._random.randint(MOST // 2, MOST), f"{name}-{turn}", self.admitted
            fitted = self.spent + self.in_flight + amount <= self.limit
            answer = await ledger.reserve(hold(id, amount, *self.scopes))
            if not isinstance(answer, Denied):
                await self._spend(ledger, id, amount)
            elif answer.why == "limit":
                assert self.spent + MOST > self.limit
                return
            elif fitted and admitted == self.admitted:
                self.wrong += 1
                self.most_wrong = max(self.most_wrong, self.wrong)
                assert self.wrong <= TRIES, "nobody is admitted though it fits"

    async def _spend(self, ledger: LeasedLedger, id: str, amount: int) -> None:
        self.admitted, self.wrong = self.admitted + 1, 0
        self.in_flight += amount
        assert self.spent + self.in_flight <= self.limit
        ledger.dispatched(id, 0)
        await asyncio.sleep(self._random.random() / 200)
        cost = self._random.randint(0, amount // 2)
        await ledger.settle(settled(id, cost))
        self.in_flight, self.spent = self.in_flight - amount, self.spent + cost


async def race(one: LeasedLedger, two: LeasedLedger, ends: list[End]) -> None:
    """Both spend one budget after the other to its end."""
    for number, end in enumerate(ends):
        lanes = [(who, f"{number}-{lane}-{who.accounts.owner}") for lane in range(LANES) for who in (one, two)]
        await end.begin(one, f"{number}")
        await asyncio.gather(*(end.lane(*lane) for lane in lanes))
    await one.flush()
    await two.flush()
    await in_time(lambda: verify(one))


async def test_f31_what_fits_is_admitted_within_a_few_tries(stores: Stores) -> None:
    random = Random(31)
    ends = [End(number, random) for number in range(BUDGETS)]
    async with stores.worker() as one, stores.worker() as two:
        await race(one, two, ends)
        rows = sum(row["cost"] for row in await stores.rows(one))
    assert rows == sum(end.spent for end in ends)


async def test_f31_of_two_that_have_too_little_one_is_admitted_though_no_recall_is_heard(stores: Stores) -> None:
    """50 are left, of which each has some 25 when both ask for 30."""
    scope = Scope("limit", 0, 2_000_000_000, BEFORE + 50)
    async with stores.worker() as one, stores.worker() as two:
        assert await one.reserve(hold("before", BEFORE, scope)) == Granted()
        await one.settle(settled("before", BEFORE))
        await one.flush()
        for worker, amount in ((one, 20), (two, 25)):
            await deafen(worker)
            assert await worker.reserve(hold(f"{amount}", amount, scope)) == Granted()
        for worker, amount in ((one, 20), (two, 25)):
            await worker.settle(void(f"{amount}"))
        assert 0 < one.accounts.slices["limit", 0].idle < MOST and 0 < two.accounts.slices["limit", 0].idle < MOST
        answers = await asyncio.gather(one.reserve(hold("a", MOST, scope)), two.reserve(hold("b", MOST, scope)))
        assert sorted(isinstance(answer, Denied) for answer in answers) == [False, True]


async def deafen(worker: LeasedLedger) -> None:
    """It hears of no recall any more."""
    listening = worker._tasks.pop()

    async def gone() -> bool:
        listening.cancel()  # again and again: a library may swallow one that comes with an answer
        return listening.done()

    await in_time(gone)


async def test_f39_recalls_are_heard_again_after_redis_was_away(stores: Stores) -> None:
    async with stores.worker():

        async def heard() -> bool:
            return b":1" in stores.redis.say("PUBSUB", "NUMSUB", RECALL)

        await in_time(heard)
        stores.redis.kill()
        stores.redis.start()
        await in_time(heard)
