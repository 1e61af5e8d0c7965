"""The lender's interface: counters that many workers share, of which each worker leases slices.

A counter is a rule in one of its windows. `spent` is what final rows booked, `leased` what workers may still book
without asking; spent + leased never passes the limit. A worker tells absolute numbers, so that a message may come
twice. All amounts are nano-dollars.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from providers.errors import HalfpennyError
from proxy.money.books import Name
from proxy.money.ledger import LedgerUnavailable

FINAL = 2**52
"""The sequence number of an owner's last message: none comes after it."""


class StoreUnavailable(LedgerUnavailable):
    """The shared counters cannot be asked, or are being rebuilt: keys with a budget wait."""

    code = "budget_store_unavailable"

    def __init__(self, cause: str) -> None:
        HalfpennyError.__init__(self, f"Budgets cannot be checked right now ({cause}).", retry_after=1)


class LenderLost(Exception):
    """No answer: whether the message was heard is not known, so the same one is to be sent again."""


class Ask(Struct, frozen=True):
    """What an owner tells about one counter, and what it wants.

    `cum` is all that its rows in the book of record ever booked there; `owed` what it has promised beyond that and must
    stay leased; `need` that and what waits for room; `want` what would save the next asks. The lease becomes between
    `owed` and `want`; when not even `least`, the smallest hold that waits, comes to fit, it becomes `owed`, for a part
    that is too small for anybody may be what another owner lacks (0: it keeps what it has). `seq` grows with every new
    message; a message that is repeated changes nothing.
    """

    name: Name
    owner: str
    seq: int
    cum: int
    owed: int
    need: int
    want: int
    limit: int
    stop_at: int | None = None
    alerts: tuple[int, ...] = ()
    least: int = 0


class Loan(Struct, frozen=True):
    """The counter after an ask. `level` is the owner's lease; `leased` that of all owners together.

    `absent`: the counter is not there (never opened in this epoch, or lost); `stale`: the asker's epoch is over;
    `lost`: the asker was counted as lost, and what it had leased as spent.
    `stopped` and `alerted` are the highest marks that were ever reached.
    """

    status: Literal["ok", "absent", "stale", "lost"]
    spent: int = 0
    leased: int = 0
    level: int = 0
    stopped: int = 0
    alerted: int = 0
    cum: int = 0


class Share(Struct, frozen=True):
    """What the book of record knows of one owner in one counter."""

    owner: str
    spent: int
    level: int


class Opening(Struct, frozen=True):
    """A counter as the book of record has it. `fresh`: nobody opened it before in this epoch."""

    fresh: bool
    shares: tuple[Share, ...] = ()
    stopped: int = 0
    alerted: int = 0


class Fence(Struct, frozen=True):
    """Which server answered, the epoch that it carries (None: none), and its clock in epoch nanoseconds."""

    server: str
    epoch: str | None
    now: int


class Lender(Protocol):
    """Where counters live. Every call raises LenderLost when no answer came in time."""

    async def fence(self) -> Fence:
        """Who answers, in which epoch, and what time it is there."""
        ...

    def accept(self, server: str) -> None:
        """Exchange and open with this server only, from here on."""
        ...

    async def mark(self, epoch: str) -> None:
        """Let the epoch begin."""
        ...

    async def exchange(self, epoch: int, asks: Sequence[Ask]) -> list[Loan]:
        """One atomic step a counter, answers in order."""
        ...

    def counters(self) -> AsyncIterator[tuple[Name, dict[str, str]]]:
        """All counters of the present epoch with their fields: slow, for `verify` and for the lost."""
        ...

    async def most(self, owner: str, names: Sequence[Name]) -> list[int]:
        """The most that an owner could have booked in each counter: what it told and what it leases."""
        ...

    async def expel(self, owner: str) -> None:
        """Hear this owner no more until it is admitted again."""
        ...

    async def admit(self, owner: str) -> None:
        """Hear this owner (again)."""
        ...

    async def seize(self, epoch: int, owner: str, names: Sequence[Name]) -> list[int | None]:
        """Count an owner's leases as spent; all that it counts for then, None where a counter is not there."""
        ...

    async def open(self, epoch: int, name: Name, opening: Opening) -> None:
        """Make a counter that is not there, or is of an older epoch."""
        ...

    async def listen(self, recalled: Callable[[Name], Awaitable[None] | None]) -> None:
        """Tell of counters where somebody was denied because of others' leases, until cancelled or a long silence."""
        ...

    async def aclose(self) -> None:
        """Let go of the connections."""
        ...
