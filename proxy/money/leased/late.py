"""Truth that comes late: the end of an attempt that this worker does not hold any more, or never did."""

from collections.abc import Callable, Mapping

from proxy.money.books import Name
from proxy.money.leased.book import Book, BookLost
from proxy.money.leased.counters import Counters
from proxy.money.leased.fencing import Fencing
from proxy.money.leased.lender import Ask, LenderLost
from proxy.money.leased.slices import Slice
from proxy.money.ledger import Ending, Late, LedgerUnavailable, Notice, Overrun, State, Stray, UnknownHold


class Truths:
    """Endings that wait for the journal or for the book of record, and corrections that wait for the lender."""

    def __init__(
        self,
        book: Book,
        counters: Counters,
        fencing: Fencing,
        slices: Mapping[Name, Slice],
        notice: Callable[[Notice], None],
    ) -> None:
        self._book, self._counters, self._fencing = book, counters, fencing
        self._slices, self._notice = slices, notice
        self.waiting: dict[tuple[str, int], Ending] = {}
        self.corrections: dict[Name, tuple[int, int]] = {}
        """For each counter, the sum of all late truth and its version."""

    def keep(self, ending: Ending) -> None:
        """It could not be written; it will be."""
        self.waiting.setdefault((ending.id, ending.k), ending)

    async def told(self, ending: Ending, state: State | None) -> None:
        """End an attempt that is not held; `state` is its row's, as far as it is remembered.

        Raises UnknownHold, and LedgerUnavailable when the book cannot be asked: then the ending is kept.
        """
        if state == "settled" or (state == "void" and not ending.cost):
            return
        if state == "void":
            self._notice(Late(ending.id, ending.k, ending.cost))
            return
        try:
            found = await self._book.amend(ending)
        except BookLost as error:
            self.keep(ending)
            raise LedgerUnavailable("Postgres does not answer") from error
        if found.state == "expired":
            self.corrections.update({name: (total, version) for name, total, version in found.corrections})
            if ending.state == "settled" and ending.cost > found.amount:
                self._notice(Overrun(ending.id, ending.k, ending.cost - found.amount))
            await self.correct()
        elif found.state == "void" and ending.cost:
            self._notice(Late(ending.id, ending.k, ending.cost))
        elif not found.state and ending.state == "settled":
            self._notice(Stray(ending.id, ending.k, ending.cost))
            raise UnknownHold(f"attempt {ending.id}/{ending.k} was never held")

    async def inherit(self) -> bool:
        """Tell the lender what a dead worker may not have; False when it has to be told later. Raises BookLost."""
        epoch = self._fencing.epoch
        if epoch is not None:
            found = await self._book.corrections(epoch.number)
            self.corrections |= {name: (total, version) for name, total, version in found}
            await self.correct()
        return epoch is not None and not self.corrections

    async def correct(self) -> None:
        """Tell the lender of corrections, as far as it answers: a counter is too large till then, never too small."""
        epoch = self._fencing.epoch
        if epoch is None or not self.corrections:
            return
        told = list(self.corrections.items())
        asks = [Ask(name, "", version, total, 0, 0, 0, 0) for name, (total, version) in told]
        try:
            loans = await self._counters.tell(epoch.number, asks)
        except (BookLost, LenderLost, LedgerUnavailable):
            return
        for (name, correction), loan in zip(told, loans, strict=True):
            if loan.status != "stale" and self.corrections.get(name) == correction:
                del self.corrections[name]
                if name in self._slices:
                    self._slices[name].heard = 0.0  # what is known of it is no longer true
