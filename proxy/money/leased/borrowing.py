"""Rounds with the lender: every counter that has something to say speaks once, in one pipeline.

One round at a time. A message that was not answered is sent again as it was. Two in a row unanswered: the circuit
opens, whoever waits is refused, and only a probe (`reached`) closes it again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from proxy.money.books import Name
from proxy.money.leased.accounts import Parts
from proxy.money.leased.book import Book, BookLost
from proxy.money.leased.counters import Counters
from proxy.money.leased.fencing import Fencing
from proxy.money.leased.lender import Ask, Lender, LenderLost, Loan, StoreUnavailable
from proxy.money.leased.slices import Slice
from proxy.money.ledger import Alert, Notice

TRIES = 2

_log = logging.getLogger("halfpenny.money")


class Borrower:
    """`seconds` is a steady clock; `number` gives growing sequence numbers; `notice` hears of alerts."""

    def __init__(
        self,
        owner: str,
        lender: Lender,
        book: Book,
        fencing: Fencing,
        counters: Counters,
        seconds: Callable[[], float],
        number: Callable[[], int],
        notice: Callable[[Notice], None],
    ) -> None:
        self._owner, self._lender, self._book, self._fencing = owner, lender, book, fencing
        self._counters = counters
        self._seconds, self._number, self._notice = seconds, number, notice
        self._dirty: dict[Slice, None] = {}
        self._wake = asyncio.Event()
        self._round: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._marks: list[tuple[Name, str, int, int]] = []
        self._noted: set[tuple[Name, str, int]] = set()
        self.open = True
        """Whether the lender is asked at all."""

    def touch(self, parts: Iterable[Slice]) -> None:
        """Let these speak in the next round."""
        self._dirty.update(dict.fromkeys(parts))
        if self._dirty:
            self._wake.set()

    async def borrow(self, parts: Parts, amount: int) -> None:
        """Ask for room and wait for the answer. Raises StoreUnavailable."""
        if not self.open:
            raise StoreUnavailable("Redis does not answer")
        if self._fencing.epoch is None:
            raise StoreUnavailable("the counters are being rebuilt")
        for part, scope in parts:
            part.scope, part.latest, part.used = scope, amount, self._seconds()
            part.waiting.append(amount)
        self.touch(part for part, _ in parts)
        try:
            await asyncio.shield(self._round)
        finally:
            for part, _ in parts:
                part.waiting.remove(amount)

    async def run(self) -> None:
        """Rounds, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(0)  # all that is asked in this tick goes together
            await self.round()

    async def round(self) -> None:
        """One round; whoever waits for it is answered."""
        self._wake.clear()
        waiting, self._round = self._round, asyncio.get_running_loop().create_future()
        speaking, self._dirty = self._dirty, {}
        try:
            await self._speak(list(speaking))
        except (StoreUnavailable, LenderLost, BookLost) as error:
            self._dirty = {**speaking, **self._dirty}
            cause = error if isinstance(error, StoreUnavailable) else StoreUnavailable(str(error))
            waiting.set_exception(cause)
            waiting.exception()  # nobody need wait for it
        except BaseException:
            waiting.cancel()
            raise
        else:
            waiting.set_result(None)

    async def _speak(self, parts: list[Slice]) -> None:
        epoch = self._fencing.epoch
        if epoch is None or not self.open:
            raise StoreUnavailable("the counters are being rebuilt" if self.open else "Redis does not answer")
        now = self._seconds()
        asking = [part for part in parts if part.next_ask(self._owner, self._number(), now) is not None]
        asks = [part.ask for part in asking if part.ask is not None]
        known = {part.name for part in asking if part.heard}
        loans = await self._counters.tell(epoch.number, asks, known, self._exchange)
        for part, ask, loan in zip(asking, asks, loans, strict=True):
            if loan.status == "ok":
                self._answered(part, ask, loan)
            elif loan.status == "lost":
                self._fencing.expelled()
            else:
                self._fencing.lost("another epoch of the counters has begun")
        if self._fencing.epoch is None:
            raise StoreUnavailable("the counters are being rebuilt")

    async def _exchange(self, epoch: int, asks: Sequence[Ask]) -> list[Loan]:
        for _ in range(TRIES):
            try:
                return await self._lender.exchange(epoch, asks)
            except LenderLost as error:
                lost = error
        self.unreached(lost)
        raise lost

    def _answered(self, part: Slice, ask: Ask, loan: Loan) -> None:
        if part.ask is not ask:
            return  # a new epoch began meanwhile
        part.answered(loan, self._seconds())
        self.heed(ask, loan)

    def heed(self, ask: Ask, loan: Loan) -> None:
        """Remember the marks that were reached, whoever passed them: the book of record decides who tells."""
        reached = [("alert", mark) for mark in ask.alerts if mark <= loan.alerted]
        if loan.stopped:
            reached.append(("stop", loan.stopped))
        for kind, mark in reached:
            if (ask.name, kind, mark) not in self._noted:
                self._noted.add((ask.name, kind, mark))
                self._marks.append((ask.name, kind, mark, loan.spent))

    async def note_marks(self) -> None:
        """Let the book of record hear of marks; tell of alerts that it had not heard of. Raises BookLost."""
        while self._marks:
            name, kind, mark, spent = self._marks[0]
            first = await self._book.passed(name, kind, mark)
            self._marks = [one for one in self._marks if one[:3] != (name, kind, mark)]
            if first and kind == "alert":
                self._notice(Alert(*name, mark, spent))

    def recalled(self, part: Slice | None) -> None:
        """Somebody was denied because of leases like this one: what is idle goes back, and none is taken ahead."""
        if part is not None:
            part.recalled = self._seconds() + 1
            if part.idle > 0:
                self.touch([part])

    def unreached(self, error: LenderLost) -> None:
        """The lender does not answer: say so once and stop asking."""
        if self.open:
            _log.warning("Redis is away (%s): slices in use go on, what needs more waits", error)
        self.open = False

    def reached(self) -> None:
        """It answers again."""
        if not self.open:
            self.open = True
            _log.warning("Redis is back")
            self._wake.set()

    async def told(self, parts: Iterable[Slice]) -> None:
        """Wait until the lender was told of all that these shipped. Raises StoreUnavailable."""
        self.touch(parts)
        if self._dirty:
            await asyncio.shield(self._round)

    async def give_back(self, parts: Sequence[Slice]) -> None:
        """Last rounds before the end: what was not answered is said again, then everything idle goes back."""
        for _ in range(2):
            for part in parts:
                part.used = 0.0
                part.recalled = self._seconds() + 1
                self._dirty[part] = None
            await self.round()
