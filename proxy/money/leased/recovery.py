"""After a worker died: its journal says what became of its holds, and its leases are closed.

A hold that was not dispatched is void, one that was costs its whole amount until the truth comes. Whoever gets the dead
worker's lock does it: its successor or a sibling on the same machine. Every step may be repeated. Where what was
written last may be missing (the system was started anew), all that was still leased counts as spent.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.money.books import Name
from proxy.money.leased.book import Claim
from proxy.money.leased.journal import SUFFIX, Ended, Replayed
from proxy.money.leased.lender import FINAL, Ask
from proxy.money.leased.rows import LOST, Row, row
from proxy.money.ledger import Ending, Hold
from proxy.money.lock import FileLock, Locked
from routing.budget import Scope

if TYPE_CHECKING:
    from proxy.money.leased.ledger import LeasedLedger

_log = logging.getLogger("halfpenny.money")


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
        booked, lost = dict(dead.booked), dead.boot != self._boot or not self._boot
        if lost:
            booked, posted = await self._unknown(dead.owner, booked, dead.scopes)
            rows += posted
        await self._ship(dead.owner, rows, booked)
        await self._ledger.lender.admit(dead.owner)
        self._ledger.accounts.remember((*attempt, end.state) for attempt, (_, end) in dead.ended.items())
        return await self._close(dead.owner, dead.scopes, booked, FINAL) and await self._ledger.truths.inherit()

    async def expire(self, grace: float) -> None:
        """Count as spent what workers leased whose machine is gone: not heard for `grace` seconds. Should one come back
        after all, its own rows take the place. Raises BookLost and LenderLost: it is tried again."""
        ledger = self._ledger
        for owner in await ledger.book.silent(grace):
            epoch = ledger.fencing.epoch
            if epoch is None or owner == ledger.accounts.owner:
                continue
            await ledger.lender.expel(owner)  # from here on it leases nothing more
            known = await ledger.book.most(owner)
            names = set(known)
            async for name, fields in ledger.lender.counters():
                if f"l:{owner}" in fields or f"s:{owner}" in fields:
                    names.add(name)  # leased after it was last heard
            most = {name: most for name, (_, most) in known.items()}
            for name, seized in await self._seized(epoch.number, owner, names):
                most[name] = most.get(name, 0) if seized is None else seized
            rows = self._posted(owner, most, {name: booked for name, (booked, _) in known.items()}, {})
            claims = [Claim(*name, spent, 0) for name, spent in most.items()]
            if await ledger.book.post(owner, rows, claims, grace):
                _log.warning("worker %s is lost: what it had leased counts as spent", owner)
                changed = [name for name in names if most.get(name, 0) > known.get(name, (0, 0))[0]]
                await ledger.counters.seize(epoch.number, owner, changed)  # one that was made meanwhile
                await ledger.truths.inherit()

    async def _seized(self, epoch: int, owner: str, names: set[Name]) -> list[tuple[Name, int | None]]:
        listed = list(names)
        return list(zip(listed, await self._ledger.lender.seize(epoch, owner, listed), strict=True))

    async def _unknown(
        self, owner: str, booked: dict[Name, int], scopes: dict[Name, Scope]
    ) -> tuple[dict[Name, int], list[Row]]:
        """What may have been booked at most, with rows for what no row is known of."""
        recorded = await self._ledger.book.most(owner)
        names = list(scopes)
        most = {}
        for name, lent in zip(names, await self._ledger.lender.most(owner, names), strict=True):
            most[name] = max(lent, recorded.get(name, (0, 0))[1], booked.get(name, 0))
        return most, self._posted(owner, most, booked, scopes)

    def _posted(
        self, owner: str, most: dict[Name, int], booked: dict[Name, int], scopes: dict[Name, Scope]
    ) -> list[Row]:
        """A row for each counter of which not all is booked."""
        now, rows = self._ledger.now(), []
        for name, total in most.items():
            missing = total - booked.get(name, 0)
            if missing:
                scope = scopes.get(name) or Scope(*name, 0, 0)
                hold = Hold(f"{LOST}{owner}/{name[0]}/{name[1]}", 0, now, "", "", "", "", "", missing, (scope,))
                rows.append(row(hold, _lost(hold.id, 0, missing, True, now)))
        return rows

    async def _ship(self, owner: str, rows: list[Row], booked: dict[Name, int]) -> None:
        book = self._ledger.book
        claims = [Claim(*name, spent, 0) for name, spent in booked.items()]
        await book.join(owner, "")  # it may have died before it did so itself
        last = await book.ship(owner, 0, [], [], True)
        while (now := await book.ship(owner, last + 1, rows, claims, True)) != last + 1:
            last = now  # its own last batch came in between

    async def _close(self, owner: str, scopes: dict[Name, Scope], booked: dict[Name, int], number: int) -> bool:
        """Tell the lender; False when it has to be told later."""
        epoch = self._ledger.fencing.epoch
        if epoch is None:
            return False
        asks = [_last(owner, scope, booked.get(name, 0), number) for name, scope in scopes.items()]
        loans = await self._ledger.counters.tell(epoch.number, asks)
        for ask, loan in zip(asks, loans, strict=True):
            self._ledger.borrower.heed(ask, loan)
        return all(loan.status != "stale" for loan in loans)


def _lost(id: str, k: int, amount: int, dispatched: bool, now: int) -> Ended:
    if not dispatched:
        return Ended(Ending(id, k, now, "void", outcome="lost"), "void", 0)
    ending = Ending(id, k, now, "settled", amount, usage_source="estimated", outcome="lost", baseline=amount)
    return Ended(ending, "expired", amount)


def _last(owner: str, scope: Scope, booked: int, number: int) -> Ask:
    name = (scope.rule, scope.window)
    return Ask(name, owner, number, booked, 0, 0, 0, scope.limit, scope.stop_at, scope.alerts)
