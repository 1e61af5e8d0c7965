"""Telling the lender of counters: one that is not there is made from the book of record first.

Whoever finds a counter absent may not leave it at that: another worker may have read the book a moment ago, before what
is told now was written there, and be about to make the counter from what it read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from proxy.money.books import Name
from proxy.money.leased.book import Book
from proxy.money.leased.fencing import Fencing
from proxy.money.leased.lender import Ask, Lender, Loan, StoreUnavailable

OPENING = 5
"""Times that a counter is looked for while another worker makes it."""
OPENING_PAUSE = 0.06
"""Seconds between them."""

T = TypeVar("T")
Exchange = Callable[[int, Sequence[Ask]], Awaitable[list[Loan]]]


class Counters:
    """The counters of the agreed epoch."""

    def __init__(self, lender: Lender, book: Book, fencing: Fencing) -> None:
        self._lender, self._book, self._fencing = lender, book, fencing

    async def tell(
        self, epoch: int, asks: Sequence[Ask], known: Collection[Name] = (), exchange: Exchange | None = None
    ) -> list[Loan]:
        """One atomic step a counter, answers in order, none of them `absent`. `known`: those that were there before.

        Raises StoreUnavailable when the epoch is over (then budgets are closed), BookLost and LenderLost.
        """
        said = {ask.name: ask for ask in asks}
        say = exchange or self._lender.exchange

        async def step(names: list[Name]) -> list[Loan | None]:
            loans = await say(epoch, [said[name] for name in names])
            return [None if loan.status == "absent" else loan for loan in loans]

        found = await self._until_there(epoch, list(said), known, step)
        return [found[ask.name] for ask in asks]

    async def seize(self, epoch: int, owner: str, names: Collection[Name]) -> None:
        """Count an owner's leases as spent, whoever is about to make these counters. Raises as `tell`."""

        async def step(left: list[Name]) -> list[int | None]:
            return await self._lender.seize(epoch, owner, left)

        await self._until_there(epoch, list(names), (), step)

    async def _until_there(
        self,
        epoch: int,
        names: list[Name],
        known: Collection[Name],
        step: Callable[[list[Name]], Awaitable[list[T | None]]],
    ) -> dict[Name, T]:
        found: dict[Name, T] = {}
        left = names
        for _ in range(OPENING):
            if self._fencing.epoch is None or self._fencing.epoch.number != epoch:
                raise StoreUnavailable("the counters are being rebuilt")
            answers = zip(left, await step(left), strict=True) if left else ()
            found |= {name: answer for name, answer in answers if answer is not None}
            left = [name for name in left if name not in found]
            if not left:
                return found
            for name in left:
                await self._make(epoch, name, name in known)
        self._fencing.gone()
        raise StoreUnavailable("the counters are being rebuilt")

    async def _make(self, epoch: int, name: Name, known: bool) -> None:
        """Open it, unless somebody did: then another worker is about to, or it was lost."""
        opening = await self._book.opening(epoch, name)
        if opening.fresh:
            await self._lender.open(epoch, name, opening)
        elif known:
            self._fencing.gone()
        else:
            await asyncio.sleep(OPENING_PAUSE)
