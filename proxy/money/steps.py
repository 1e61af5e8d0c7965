"""The protocol's steps over the books and the rows, wherever the rows are kept: every ledger on one machine runs these.

Synchronous and without I/O of their own; the caller runs them inside a transaction and calls `forget` when it failed.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from proxy.money.books import Attempt, Books, Counter, Name
from proxy.money.ledger import (
    Denied,
    Ending,
    Granted,
    Hold,
    HoldEnded,
    Late,
    Notice,
    Overrun,
    UnknownHold,
)
from routing.budget import Scope


class Row(Struct, frozen=True):
    """What the protocol needs to know of a row."""

    state: str
    amount: int
    cost: int
    scopes: tuple[Scope, ...]
    overrun: int = 0


class Rows(Protocol):
    """Where rows and counters are kept."""

    def insert(self, hold: Hold) -> bool:
        """Write a held row; False when `(id, k)` is there already."""
        ...

    def post(self, hold: Hold, ending: Ending) -> None:
        """Write a row that has ended, unless `(id, k)` is there already."""
        ...

    def end(self, ending: Ending, booked: int, overrun: int) -> None:
        """Write an attempt's end: `booked` n$ to the key, `overrun` to the operator."""
        ...

    def expire(self, attempt: Attempt, now: int) -> None:
        """Write that a held attempt costs its whole amount until the truth comes."""
        ...

    def find(self, attempt: Attempt) -> Row | None:
        """The row of an attempt."""
        ...

    def holds(self) -> list[tuple[Attempt, int, tuple[Scope, ...]]]:
        """All held rows, oldest first."""
        ...

    def counter(self, name: Name) -> Counter:
        """A counter as it was last written, without holds."""
        ...


class Steps:
    """Reserve, end, post, resolve. `told` collects what is to be told once the steps are committed."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._books: Books | None = None
        self.told: list[Notice] = []

    @property
    def books(self) -> Books:
        """The counters and open holds, read from the rows when nothing is known."""
        if self._books is None:
            books = Books(self._rows.counter)
            for attempt, amount, scopes in self._rows.holds():
                books.take(attempt, amount, scopes)
            self._books = books
        return self._books

    def forget(self) -> None:
        """The transaction failed: memory never knows more than the rows."""
        self._books = None
        self.told = []

    def hold(self, hold: Hold, before: Ending | None) -> Granted | Denied | HoldEnded:
        """See `Ledger.reserve`; HoldEnded is to be raised by the caller, after `before` was committed."""
        if before is not None:
            self.end(before)
        books, attempt = self.books, (hold.id, hold.k)
        denied = books.denial(hold.scopes, hold.amount)
        if denied is None and self._rows.insert(hold):
            books.take(attempt, hold.amount, hold.scopes)
            return Granted()
        row = self._rows.find(attempt)
        if row is not None and row.state != "held":
            return HoldEnded()
        return denied if denied is not None and row is None else Granted()

    def end(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        attempt = (ending.id, ending.k)
        kept = self.books.release(attempt)
        if kept is not None:
            self._book(ending, *kept, 0)
            return
        row = self._rows.find(attempt)
        if row is None and ending.state == "settled":
            raise UnknownHold(f"attempt {ending.id}/{ending.k} was never held")
        if row is not None and row.state == "expired":
            self._book(ending, row.amount, row.scopes, row.cost)
        elif row is not None and row.state == "void" and ending.cost:
            self.told.append(Late(ending.id, ending.k, ending.cost))

    def _book(self, ending: Ending, amount: int, scopes: tuple[Scope, ...], before: int) -> None:
        cost = ending.cost if ending.state == "settled" else 0
        booked = min(cost, amount)
        self.told += self.books.spend(scopes, booked - before)
        self._rows.end(ending, booked, cost - booked)
        if cost > booked:
            self.told.append(Overrun(ending.id, ending.k, cost - booked))

    def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        self._rows.post(hold, ending)

    def resolve(self, attempts: Iterable[Attempt], dispatched: Callable[[Attempt], bool], now: int) -> None:
        """End the holds of a dead owner: what was not dispatched is void, what was costs its hold until truth comes."""
        for attempt in attempts:
            kept = self.books.release(attempt)
            if kept is not None and dispatched(attempt):
                self.told += self.books.spend(kept[1], kept[0])
                self._rows.expire(attempt, now)
            elif kept is not None:
                self._rows.end(Ending(*attempt, now, "void", outcome="lost"), 0, 0)
