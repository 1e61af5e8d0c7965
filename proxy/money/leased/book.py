"""The book of record's interface: final rows, what each owner booked and may still book, and the counters' epochs."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from proxy.money.books import Name
from proxy.money.leased.lender import Opening
from proxy.money.leased.rows import Row
from proxy.money.ledger import Ending, State


class BookLost(Exception):
    """No answer: whether the step was written is not known, so it is to be repeated as it was."""


class Claim(Struct, frozen=True):
    """What an owner has booked in a counter by the rows it handed over, and may still book."""

    rule: str
    window: int
    spent: int
    level: int


class Epoch(Struct, frozen=True):
    """A life of the counters, on one Redis server; `open` once every owner has told what it may still book."""

    number: int
    server: str
    open: bool

    @property
    def mark(self) -> str:
        """As Redis carries it."""
        return f"{self.number}:{self.server}"


class Amended(Struct, frozen=True):
    """What the end of an attempt that is not held here came to. `state`: of the row before; "" when there was none.

    `corrections`: for each counter that changed, the absolute sum of all corrections and its version.
    """

    state: str
    amount: int = 0
    corrections: tuple[tuple[Name, int, int], ...] = ()


class Book(Protocol):
    """Where rows are kept for good. Every call raises BookLost when it cannot be asked."""

    async def join(self, owner: str, rules: str) -> None:
        """Begin to count as a living owner, under rules of that digest."""
        ...

    async def others(self, rules: str) -> bool:
        """Whether a living owner counts under rules of another digest."""
        ...

    async def beat(self, owner: str) -> Epoch | None:
        """Be heard; answers the newest epoch."""
        ...

    async def ship(self, owner: str, batch: int, rows: Sequence[Row], claims: Sequence[Claim], final: bool) -> int:
        """Write rows and claims in one step, unless that batch was written. `final`: the owner claims nothing more.

        Rows that stand for what nobody knew (`rows.LOST`) and are not among these are taken back. Returns the last
        batch that stands, 0 when the owner is not known.
        """
        ...

    async def post(self, owner: str, rows: Sequence[Row], claims: Sequence[Claim], grace: float) -> bool:
        """Write such rows for an owner and close it; False when it was heard within `grace` seconds, or is closed."""
        ...

    async def silent(self, grace: float) -> list[str]:
        """Owners that are not closed and were not heard for `grace` seconds."""
        ...

    async def most(self, owner: str) -> dict[Name, tuple[int, int]]:
        """For each counter, what an owner booked and the most that it could have booked."""
        ...

    async def latest(self) -> list[tuple[str, int, State]]:
        """(id, k, state) of the latest rows, the oldest of them first."""
        ...

    async def amend(self, ending: Ending) -> Amended:
        """The truth about a row that is not held any more: replaces an estimate once."""
        ...

    async def corrections(self, epoch: int) -> list[tuple[Name, int, int]]:
        """For each counter of that epoch that late truth changed, the sum of all corrections and its version."""
        ...

    async def passed(self, name: Name, kind: str, mark: int) -> bool:
        """Note a mark; False when it was noted before."""
        ...

    async def propose(self, after: int, server: str) -> None:
        """Begin a new epoch after that one, unless somebody did."""
        ...

    async def register(self, owner: str, epoch: int, claims: Sequence[Claim], batch: int) -> bool:
        """Count in that epoch, with these claims and no others; False when `batch` is not the owner's last one.

        Then it is not known, or a sibling took it for dead and closed it: a word that it said before comes too late.
        """
        ...

    async def missing(self, epoch: int, grace: float) -> list[str]:
        """Living owners that do not count in that epoch yet and were heard less than `grace` seconds ago."""
        ...

    async def begin(self, epoch: int) -> None:
        """Every owner counts: open it."""
        ...

    async def opening(self, epoch: int, name: Name) -> Opening:
        """A counter as the rows say, to be made in that epoch; notes that it was."""
        ...

    async def aclose(self) -> None:
        """Let go of the connections."""
        ...
