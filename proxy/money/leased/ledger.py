"""The ledger of one of many workers: holds in memory and a journal, inside slices leased from shared counters.

A request that fits into its slices asks nobody. Rows go to the book of record in batches; money leaves `leased` only in
the step in which it enters `spent`, so that no crash can make a counter too small.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from proxy.money.leased.accounts import Accounts, Parts
from proxy.money.leased.book import Book, BookLost
from proxy.money.leased.borrowing import Borrower
from proxy.money.leased.clock import SharedClock
from proxy.money.leased.counters import Counters
from proxy.money.leased.fencing import Fencing
from proxy.money.leased.keeping import Keeper
from proxy.money.leased.late import Truths
from proxy.money.leased.lender import Lender, StoreUnavailable
from proxy.money.leased.shipping import Shipper
from proxy.money.leased.slices import Slice, denial
from proxy.money.ledger import Denied, Ending, Granted, Hold, HoldEnded, LedgerUnavailable, Notice, Overrun
from proxy.money.lock import FileLock
from routing.budget import Scope

PATIENCE = (0.01, 0.03, 0.06, 0.1)
"""Seconds between asks for money that others have leased and may give back."""
QUICKER = 50
"""Times that a request asks again because others took what it was granted."""
BELIEVED = 1.0
"""Seconds for which a spent limit is believed without asking."""


class LeasedLedger:
    """`proxy.money.ledger.Ledger` on a lender and a book of record. Made by `opening.open_leased`."""

    def __init__(
        self,
        accounts: Accounts,
        lender: Lender,
        book: Book,
        clock: SharedClock,
        seconds: Callable[[], float],
        notice: Callable[[Notice], None],
        folder: Path,
        grace: float,
        lock: FileLock,
    ) -> None:
        self.accounts = accounts
        self.book, self.lender = book, lender
        self._clock, self._seconds, self._notice = clock, seconds, notice
        self.shipper = Shipper(accounts, book, self._shipped)
        self.fencing = Fencing(lender, book, accounts, self.shipper, grace)
        self._sequence = 0
        self.counters = Counters(lender, book, self.fencing)
        self.borrower = Borrower(
            accounts.owner, lender, book, self.fencing, self.counters, seconds, self._number, notice
        )
        self.truths = Truths(book, self.counters, self.fencing, accounts.slices, notice)
        self.keeper = Keeper(self, clock, folder, grace)
        self._lock = lock
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Start what goes on in the background."""
        loops: tuple[Coroutine[Any, Any, None], ...] = (
            *(self.borrower.run(), self.keeper.ship(), self.keeper.beat(), self.keeper.listen()),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    # --- the interface

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """See `Ledger.reserve`."""
        if hold.amount < 0:
            raise ValueError("a hold is not negative")
        if before is not None:
            await self.settle(before)
        attempt = (hold.id, hold.k)
        if attempt in self.accounts.holds:
            return Granted()
        if attempt in self.accounts.recent:
            raise HoldEnded()
        parts = self.accounts.parts(hold.scopes)
        if parts:
            if self.fencing.epoch is None:
                raise StoreUnavailable("the counters are being rebuilt")
            for part, scope in parts:
                if not part.fits(scope, hold.amount):
                    denied = await self._borrow(hold, parts)
                    if denied is not None:
                        return denied
                    break
        self.accounts.take(hold, parts, self._seconds())
        return Granted()

    def dispatched(self, id: str, k: int) -> None:
        """See `Ledger.dispatched`."""
        self.accounts.dispatched((id, k))

    async def settle(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        if ending.cost < 0:
            raise ValueError("a cost is not negative")
        attempt = (ending.id, ending.k)
        kept = self.accounts.holds.get(attempt)
        if kept is None:
            await self.truths.told(ending, self.accounts.recent.get(attempt))
            return
        try:
            self.accounts.end(ending)
        except LedgerUnavailable:
            self.truths.keep(ending)
            raise
        self.keeper.due()
        if ending.state == "settled" and ending.cost > kept[0].amount:
            self._notice(Overrun(ending.id, ending.k, ending.cost - kept[0].amount))

    async def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        if hold.amount or ending.cost:
            raise ValueError("an attempt that costs takes a hold first")
        self.accounts.post(hold, ending)
        self.keeper.due()

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """See `Ledger.room`."""
        parts = self.accounts.parts(scopes)
        unknown = [(part, scope) for part, scope in parts if not part.heard]
        if unknown:
            await self.borrower.borrow(unknown, 0)
        return min((part.room(scope) for part, scope in parts), default=None)

    def held(self) -> tuple[int, int]:
        """See `Ledger.held`."""
        return len(self.accounts.holds), sum(hold.amount for hold, _ in self.accounts.holds.values())

    def now(self) -> int:
        """See `Ledger.now`."""
        return self._clock.now()

    async def flush(self) -> None:
        """Hand over every row, and tell the lender. Raises BookLost and StoreUnavailable."""
        await self.shipper.flush()
        await self.borrower.told([part for part in self.accounts.slices.values() if part.told != part.shipped])
        await self.borrower.note_marks()

    async def aclose(self) -> None:
        """See `Ledger.aclose`: hand over all rows and all leases, as far as anybody answers."""
        await self._pause()
        with suppress(BookLost, StoreUnavailable):
            await self.keeper.leave()
        await self.halt()

    async def halt(self) -> None:
        """Stop at once: what is not handed over stays in the journal, for whoever recovers it."""
        await self._pause()
        self.accounts.close()
        self._lock.release()
        await self.lender.aclose()
        await self.book.aclose()

    # --- within

    async def _pause(self) -> None:
        left = set(self._tasks)
        while left:  # a library may swallow a cancellation that comes with an answer
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=0.05)
        self._tasks = []

    async def _borrow(self, hold: Hold, parts: Parts) -> Denied | None:
        """Get room from the lender; None once the hold fits. Raises StoreUnavailable."""
        known = denial(parts, hold.amount)
        if known is not None and known.why != "in_flight" and self._fresh(parts):
            return known
        pauses = iter(PATIENCE)
        for _ in range(QUICKER):
            await self.borrower.borrow([(p, s) for p, s in parts if not p.fits(s, hold.amount)], hold.amount)
            denied = denial(parts, hold.amount)
            if denied is None or denied.why != "in_flight":
                return denied
            short = [(part, scope) for part, scope in parts if not part.fits(scope, hold.amount)]
            if all(part.room(scope) >= hold.amount for part, scope in short):
                continue  # there is room, only others here were quicker
            pause = next(pauses, None)
            if pause is None or not any(part.leased > part.level for part, _ in short):
                break  # nobody else has leased any of it, or nobody gives it back
            await asyncio.sleep(pause)
        return denied

    def _fresh(self, parts: Parts) -> bool:
        oldest = self._seconds() - BELIEVED
        return all(part.heard > oldest for part, _ in parts)

    def _shipped(self, parts: list[Slice]) -> None:
        self.borrower.touch(parts)

    def _number(self) -> int:
        self._sequence = max(self._sequence + 1, self._clock.now() // 1000)
        return self._sequence


def new_owner(random: Callable[[int], bytes] = os.urandom) -> str:
    """An id for a worker's life."""
    return random(8).hex()
