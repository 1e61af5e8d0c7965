"""A ledger behind a bad line: calls are late, fail before they arrive, are applied but unanswered, come twice."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

from providers.errors import HalfpennyError
from proxy.money.ledger import Denied, Ending, Granted, Hold, HoldEnded, Ledger, LedgerUnavailable
from routing.budget import Scope

T = TypeVar("T")


class Flaky:
    """The same interface. `ill` (0…1) is how often something goes wrong; copies arrive up to a minute late."""

    def __init__(self, ledger: Ledger, random: Random, ill: float) -> None:
        self.ledger = ledger
        self._random = random
        self.ill = ill
        self._copies: set[asyncio.Task[None]] = set()

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """See `Ledger.reserve`; a lost answer is LedgerUnavailable."""
        return await self._carry(lambda: self.ledger.reserve(hold, before))

    async def settle(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        await self._carry(lambda: self.ledger.settle(ending))

    async def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        await self._carry(lambda: self.ledger.post(hold, ending))

    def dispatched(self, id: str, k: int) -> None:
        """See `Ledger.dispatched`."""
        if self._hit():
            if self._hit(0.5):
                self.ledger.dispatched(id, k)
            raise LedgerUnavailable("lost")
        self.ledger.dispatched(id, k)

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """See `Ledger.room`."""
        return await self.ledger.room(scopes)

    def held(self) -> tuple[int, int]:
        """See `Ledger.held`."""
        return self.ledger.held()

    def now(self) -> int:
        """See `Ledger.now`."""
        return self.ledger.now()

    async def aclose(self) -> None:
        """Drop the copies that have not arrived."""
        for copy in self._copies:
            copy.cancel()

    async def _carry(self, call: Callable[[], Awaitable[T]]) -> T:
        await asyncio.sleep(self._random.random() * 0.1)
        if self._hit():
            raise LedgerUnavailable("it never arrived")
        if self._hit():
            copy = asyncio.get_running_loop().create_task(self._again(call))
            self._copies.add(copy)
            copy.add_done_callback(self._copies.discard)
        answer = await call()
        if self._hit():
            raise LedgerUnavailable("the answer was lost")
        await asyncio.sleep(self._random.random() * 0.1)
        return answer

    async def _again(self, call: Callable[[], Awaitable[object]]) -> None:
        await asyncio.sleep(self._random.choice((0.0, 0.1, 1.0, 60.0)) * self._random.random())
        try:
            await call()
        except (HoldEnded, LedgerUnavailable):
            pass  # as it should be: what has ended is not held again
        except HalfpennyError as error:
            raise AssertionError("a copy of a call was answered so") from error

    def _hit(self, share: float | None = None) -> bool:
        return self._random.random() < (self.ill if share is None else share)
