"""A seeded simulator: many clients, a bad line, ledgers that die, clocks that step; then all is well, and must be.

Everything random comes from one seed, and time is virtual, so that a seed that fails fails again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

from providers.errors import HalfpennyError
from proxy.money.books import Attempt
from proxy.money.ledger import Denied, Ending, Hold, HoldEnded, LedgerUnavailable
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled, void
from tests.money.flaky import Flaky
from tests.money.stands import Stand
from tests.money.witness import Told, Verdict, Witness

T = TypeVar("T")

HOUR = 3_600
CLIENTS = 24
ILL = 0.08
LIMITS = (("all", 6_000), ("a", 2_500), ("b", 2_500))


class Simulation:
    """One world. `steps` is how many calls of the protocol the clients make before faults stop."""

    def __init__(self, stand: Stand, seed: int, steps: int) -> None:
        self.stand, self.steps = stand, steps
        self.random = Random(seed)
        self.witness = Witness()
        self.done = self.deaths = self._made = 0
        self._skew = 0
        self._clients: list[asyncio.Task[None]] = []

    async def run(self) -> Verdict:
        """Faults, then none. Raises AssertionError when something stays held or a fitting request is refused."""
        await self._open(ILL)
        while self.done < self.steps:
            await asyncio.sleep(self.random.random() * 30)
            await self._disturb()
            verdict = await self.judge()
            if verdict != Verdict():
                return verdict
        await self._die()  # I10: once faults stop
        await self._open(0.0)
        assert self.line.held() == (0, 0), "held after everybody died"
        id, scopes = "last", (Scope("fresh", 0, 1, 10),)
        self.witness.attempts[id, 0] = Told(10, scopes)
        assert not isinstance(await self.line.reserve(hold(id, 10, *scopes)), Denied)
        verdict = await self.judge()
        await self.line.ledger.aclose()
        return verdict

    async def judge(self) -> Verdict:
        """What the witness says of the rows as they are."""
        return self.witness.judge(await self.stand.rows(), await self.stand.spent())

    def wall(self) -> int:
        """The wall clock, which steps."""
        return (1_000 * HOUR + self._skew) * 10**9 + int(asyncio.get_running_loop().time() * 10**9)

    async def _open(self, ill: float) -> None:
        self.line = Flaky(await self.stand.open(self.wall, lambda notice: None), self.random, ill)
        if ill:
            self._clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]

    async def _disturb(self) -> None:
        what = self.random.random()
        if what < 0.3:
            self._skew += self.random.choice((-HOUR, -HOUR // 2, HOUR))
        elif what < 0.7:
            await self._die()
            await self._open(ILL)
            await self._late()

    async def _die(self) -> None:
        """The process dies with all its clients: nobody cleans up."""
        self.deaths += 1
        for client in self._clients:  # none of them runs again before the store is left as it is now
            client.cancel()
        await self.line.aclose()
        await self.stand.crash()
        ends = await asyncio.gather(*self._clients, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError | None) for end in ends), ends

    async def _late(self) -> None:
        """Some providers tell what the lost attempts cost."""
        for (id, k), told in list(self.witness.attempts.items()):
            if told.cost is not None and not told.acked and self.random.random() < 0.3:
                await self.line.ledger.settle(settled(id, told.cost, k))
                told.acked = True

    async def _client(self) -> None:
        while True:
            await asyncio.sleep(self.random.random())
            self._made += 1
            await self._request(f"r{self._made}")

    async def _request(self, id: str) -> None:
        """Up to three attempts: the end of one goes with the hold of the next."""
        before: Ending | None = None
        for k in range(3):
            asked = self._hold(id, k)
            told = self.witness.attempts[id, k] = Told(asked.amount, asked.scopes)
            if not await self._reserve(asked, before):
                return
            before = await self._upstream((id, k), told)
            if self.random.random() < 0.7:
                break
        if before is not None:
            await self._until_done(lambda ending=before: self.line.settle(ending))  # type: ignore[misc]
            self._ack(before)

    def _hold(self, id: str, k: int) -> Hold:
        at = self.line.now()
        start = at // 10**9 // HOUR * HOUR
        rules = (LIMITS[0], self.random.choice(LIMITS[1:]))
        scopes = tuple(Scope(rule, start, start + HOUR, limit) for rule, limit in rules)
        return hold(id, self.random.randrange(0, 600), *scopes, k=k, at=at)

    async def _reserve(self, asked: Hold, before: Ending | None) -> bool:
        """Whether the attempt may be dispatched. What is not known is asked again under the same id, then voided."""
        for _ in range(4):
            self.done += 1
            try:
                answer = await self.line.reserve(asked, before)
            except HoldEnded:
                break
            except LedgerUnavailable:
                continue
            if before is not None:
                self._ack(before)
            return not isinstance(answer, Denied)
        for ending in (before, void(asked.id, asked.k)):
            if ending is not None:
                await self._until_done(lambda ending=ending: self.line.settle(ending))  # type: ignore[misc]
                self._ack(ending)
        return False

    async def _upstream(self, attempt: Attempt, told: Told) -> Ending:
        """The provider works, and knows what it costs; sometimes more than was held."""
        try:
            if self.random.random() < 0.1:
                return void(*attempt)
            self.line.dispatched(*attempt)
        except LedgerUnavailable:
            return void(*attempt)
        most = told.amount + (200 if self.random.random() < 0.05 else 0)
        told.cost = self.random.randint(0, most)
        await asyncio.sleep(self.random.random() * 3)
        return settled(attempt[0], told.cost, attempt[1])

    async def _until_done(self, call: Callable[[], Awaitable[T]]) -> T:
        while True:
            self.done += 1
            try:
                return await call()
            except LedgerUnavailable:
                await asyncio.sleep(self.random.random())
            except HalfpennyError as error:
                raise AssertionError("a client was answered so") from error

    def _ack(self, ending: Ending) -> None:
        if ending.state == "settled":
            self.witness.attempts[ending.id, ending.k].acked = True
