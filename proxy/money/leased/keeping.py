"""What a worker does between requests: hand over rows, give back what is idle, look after the epoch and the dead."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from proxy.money.journal import boot_id
from proxy.money.leased.book import BookLost
from proxy.money.leased.clock import SharedClock
from proxy.money.leased.lender import LenderLost
from proxy.money.leased.recovery import Recovery
from proxy.money.leased.shipping import EVERY
from proxy.money.ledger import LedgerUnavailable, UnknownHold

if TYPE_CHECKING:
    from proxy.money.leased.ledger import LeasedLedger

BEAT = 0.25
"""Seconds between looks at the lender."""
SLOW = 4
"""Beats between looks at the book of record, at the dead, and probes of a lender that was away."""
SETTLES = 10.0
"""Seconds for which the book of record must have answered before a silent worker is not waited for."""

_log = logging.getLogger("halfpenny.money")


class Keeper:
    """The background of one ledger."""

    def __init__(self, ledger: "LeasedLedger", clock: SharedClock, folder: Path, grace: float) -> None:
        self._ledger = ledger
        self._clock = clock
        self._due = asyncio.Event()
        self._beats = 0
        self._grace = grace
        self._heard_since = monotonic()
        self.recovery = Recovery(folder, ledger, boot_id())

    def due(self) -> None:
        """There is a row to hand over."""
        self._due.set()

    async def ship(self) -> None:
        """Hand over rows as they come, until cancelled."""
        while True:
            await self._due.wait()
            await asyncio.sleep(EVERY)
            self._due.clear()
            try:
                await self._ledger.shipper.flush()
                await self._ledger.borrower.note_marks()
            except BookLost:
                self._due.set()
                await asyncio.sleep(BEAT)
            except LedgerUnavailable as error:  # the journal cannot be written anew: it goes on in the old one
                _log.warning("%s", error)

    async def listen(self) -> None:
        """Heed recalls, until cancelled."""
        ledger = self._ledger
        while True:
            try:
                await ledger.lender.listen(lambda name: ledger.borrower.recalled(ledger.accounts.slices.get(name)))
            except LenderLost:
                await asyncio.sleep(BEAT)

    async def beat(self) -> None:
        """Look, until cancelled."""
        while True:
            try:
                await self.look()
            except (BookLost, LenderLost, LedgerUnavailable):
                pass  # each was told where it began
            except Exception:
                _log.exception("a look at the stores failed")
            await asyncio.sleep(BEAT if self._ledger.fencing.epoch is not None else BEAT / 5)

    async def look(self) -> None:
        """One beat. Raises BookLost and LenderLost."""
        ledger = self._ledger
        self._beats += 1
        slow = self._beats % SLOW == 1
        closed = ledger.fencing.epoch is None
        if slow:
            await self._retry()
        if not (ledger.borrower.open or slow or closed):
            return
        newest, asked = None, False
        with suppress(BookLost):  # the shipper tells
            newest = await ledger.book.beat(ledger.accounts.owner) if slow or closed else None
            asked = True
        if not asked:
            self._heard_since = monotonic()
        try:  # after the book was asked: a mark in Redis is older than its epoch's opening in the book
            fence = await ledger.lender.fence()
        except LenderLost as error:
            ledger.borrower.unreached(error)
            raise
        self._clock.look(fence)
        ledger.fencing.check(fence)
        ledger.fencing.newest(newest)
        if slow:
            await self.recovery.recover()
        if closed and asked:
            await ledger.fencing.enter(fence, newest, self._settled())
        if ledger.fencing.epoch is not None:
            ledger.borrower.reached()
            ledger.borrower.touch([part for part in ledger.accounts.slices.values() if part.level or part.ask])
            if slow:
                await ledger.borrower.note_marks()
                if monotonic() - self._heard_since > self._grace:  # then all had the chance to be heard
                    await self.recovery.expire(self._grace)

    def _settled(self) -> bool:
        return monotonic() - self._heard_since > min(self._grace, SETTLES)

    async def _retry(self) -> None:
        """What could not be written when it came."""
        ledger = self._ledger
        for attempt, ending in list(ledger.truths.waiting.items()):
            try:
                await ledger.settle(ending)
            except UnknownHold:
                pass
            except LedgerUnavailable:
                break
            ledger.truths.waiting.pop(attempt, None)
        await ledger.truths.correct()

    async def leave(self) -> None:
        """Hand over everything; with no hold left open, nothing remains to recover. Raises BookLost."""
        ledger = self._ledger
        await self._retry()
        await ledger.shipper.flush()
        await ledger.borrower.give_back(list(ledger.accounts.slices.values()))
        await ledger.borrower.note_marks()
        over = all(part.over for part in ledger.accounts.slices.values())
        if over and not ledger.accounts.holds and not ledger.truths.corrections:
            await ledger.shipper.flush(final=True)
            self.recovery.forget(ledger.accounts.owner)
