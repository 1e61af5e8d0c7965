"""After a worker died: its journal says what became of its holds, and its leases are closed.

A hold that was not dispatched is void, one that was costs its whole amount until the truth comes. Whoever gets the dead
worker's lock does it: its successor or a sibling on the same machine. Every step may be repeated. Where what was
written last may be missing (the system was started anew), all that was still leased counts as spent.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from proxy.money.leased.book import Claim
from proxy.money.leased.journal import SUFFIX, Ended, Replayed
from proxy.money.leased.lender import FINAL, Ask
from proxy.money.leased.rows import Row, row
from proxy.money.ledger import Ending
from proxy.money.lock import FileLock, Locked
from routing.budget import Scope

if TYPE_CHECKING:
    from proxy.money.leased.ledger import LeasedLedger

LOST = "lease/"
"""Begins the id of a row that posts a lease whose holder nobody can ask."""


class Recovery:
    """Looks after the journals in a folder. `now` gives epoch nanoseconds."""

    def __init__(self, folder: Path, ledger: "LeasedLedger", boot: str) -> None:
        self._folder = folder
        self._ledger = ledger
        self._boot = boot

    async def recover(self) -> None:
        """Recover whoever died on this machine. Raises BookLost and LenderLost: it is tried again."""
        for path in sorted(self._folder.glob("*" + SUFFIX)):
            if path.stem == self._ledger.accounts.owner:
                continue
            try:
                lock = FileLock(path.with_suffix(".lock"))
            except Locked:
                continue
            try:
                if path.exists() and await self._recover(Replayed(path)):
                    self.forget(path.stem)
            finally:
                lock.release()

    def forget(self, owner: str) -> None:
        """Nothing of that owner is left to do."""
        (self._folder / f"{owner}{SUFFIX}").unlink(missing_ok=True)
        (self._folder / f"{owner}.lock").unlink(missing_ok=True)

    async def _recover(self, dead: Replayed) -> bool:
        if not dead.owner:
            return True  # it died before it began
        for attempt, hold in list(dead.open.items()):
            dead.end(_lost(*attempt, hold.amount, attempt in dead.dispatched, self._ledger.now()))
        rows = [row(*pair) for pair in dead.ended.values()]
        if dead.boot != self._boot or not self._boot:
            rows += await self._unknown(dead)
        await self._ship(dead, rows)
        self._ledger.accounts.remember((*attempt, end.state) for attempt, (_, end) in dead.ended.items())
        return await self._close(dead)

    async def _unknown(self, dead: Replayed) -> list[Row]:
        """Rows that post what was still leased, where the journal may have lost its end."""
        return []

    async def _ship(self, dead: Replayed, rows: list[Row]) -> None:
        book = self._ledger.book
        claims = [Claim(*name, booked, 0) for name, booked in dead.booked.items()]
        await book.join(dead.owner, "")  # it may have died before it did so itself
        last = await book.ship(dead.owner, 0, [], [], True)
        while (now := await book.ship(dead.owner, last + 1, rows, claims, True)) != last + 1:
            last = now  # its own last batch came in between

    async def _close(self, dead: Replayed) -> bool:
        """Tell the lender; False when it has to be told later."""
        epoch = self._ledger.fencing.epoch
        if epoch is None:
            return False
        asks = [_last(dead.owner, scope, dead.booked.get(name, 0)) for name, scope in dead.scopes.items()]
        loans = await self._ledger.lender.exchange(epoch.number, asks) if asks else []
        for ask, loan in zip(asks, loans, strict=True):
            self._ledger.borrower.heed(ask, loan)
        return all(loan.status != "stale" for loan in loans)


def _lost(id: str, k: int, amount: int, dispatched: bool, now: int) -> Ended:
    if not dispatched:
        return Ended(Ending(id, k, now, "void", outcome="lost"), "void", 0)
    ending = Ending(id, k, now, "settled", amount, usage_source="estimated", outcome="lost", baseline=amount)
    return Ended(ending, "expired", amount)


def _last(owner: str, scope: Scope, booked: int) -> Ask:
    name = (scope.rule, scope.window)
    return Ask(name, owner, FINAL, booked, 0, 0, 0, scope.limit, scope.stop_at, scope.alerts)
