"""Epochs: no counter is believed that may have lost a write.

An epoch is a life of the counters on one Redis server. When the server, its history or its mark is another than
agreed, budgets are closed until a new epoch is open: each living worker tells the book of record what it has promised
(and gives up the rest), then counters are made anew from the book, one by one, as they are asked for.
"""

import logging

from proxy.money.leased.accounts import Accounts
from proxy.money.leased.book import Book, Epoch
from proxy.money.leased.lender import Fence, Lender
from proxy.money.leased.shipping import Shipper

FOREVER = 10.0**9
"""Seconds."""

_log = logging.getLogger("halfpenny.money")


class Fencing:
    """`epoch` is the agreed one; None while budgets are closed."""

    def __init__(self, lender: Lender, book: Book, accounts: Accounts, shipper: Shipper, grace: float) -> None:
        self._lender = lender
        self._book = book
        self._accounts = accounts
        self._shipper = shipper
        self._grace = grace
        self._registered = -1
        self._over = -1
        self.epoch: Epoch | None = None

    def check(self, fence: Fence) -> None:
        """Close when the counters are not those that were agreed on."""
        if self.epoch is not None and (fence.epoch, fence.server) != (self.epoch.mark, self.epoch.server):
            self.lost("Redis lost its counters, or another server answers")

    def newest(self, epoch: Epoch | None) -> None:
        """Close when the book of record knows a newer epoch."""
        if self.epoch is not None and epoch is not None and epoch.number > self.epoch.number:
            self.lost("the counters are being rebuilt")

    def lost(self, why: str) -> None:
        """Close: nothing is lent until a new epoch is open."""
        if self.epoch is not None:
            _log.warning("%s: budgets are closed until the counters are rebuilt", why)
        self.epoch = None

    def gone(self) -> None:
        """Close: a counter of this epoch is not there, be it lost or never made by whoever was about to."""
        if self.epoch is not None:
            self._over = self.epoch.number
        self.lost("a counter is gone from Redis")

    def expelled(self) -> None:
        """Close: others took this worker for lost, and must hear what it promised before it goes on."""
        self._registered = -1
        self.lost("this worker was silent for too long and was counted as lost")

    async def enter(self, fence: Fence, newest: Epoch | None, settled: bool) -> None:
        """One step towards an agreed epoch. Raises BookLost and LenderLost.

        `settled`: whether the book answers for so long that all living workers have had the chance to be heard."""
        held = newest is not None and newest.open and fence.epoch == newest.mark
        over = newest is not None and newest.number == self._over
        if newest is None or over or newest.server != fence.server or (newest.open and not held):
            await self._book.propose(newest.number if newest else 0, fence.server)
            return
        if not await self._register(newest):
            return
        if not newest.open:
            if await self._book.missing(newest.number, self._grace if settled else FOREVER):
                return
            await self._lender.mark(newest.mark)
            await self._book.begin(newest.number)
        self._lender.accept(fence.server)
        self.epoch = Epoch(newest.number, newest.server, True)
        _log.info("budgets are open: epoch %d of the counters", newest.number)

    async def _register(self, epoch: Epoch) -> bool:
        if self._registered == epoch.number:
            return True
        async with self._shipper.lock:
            await self._shipper.flush_locked()
            parts = list(self._accounts.slices.values())
            for part in parts:
                part.restart()
            claims = [part.claim(part.shipped) for part in parts if part.level]
            if not await self._book.register(self._accounts.owner, epoch.number, claims, self._shipper.number):
                await self._shipper.rejoin()
                return False
            await self._lender.admit(self._accounts.owner)
            self._registered = epoch.number
        return True
