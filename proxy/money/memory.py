"""The ledger in memory: the same steps over plain dictionaries. For tests, and the measure of what a file costs."""

from collections.abc import Callable, Iterable

from msgspec import structs

from proxy.money.books import Attempt, Counter, Name
from proxy.money.clock import SteadyClock
from proxy.money.ledger import Denied, Ending, Granted, Hold, HoldEnded, Notice, Stray, UnknownHold
from proxy.money.steps import Row, Steps
from routing.budget import Scope


class MemoryRows:
    """`proxy.money.steps.Rows` in dictionaries: each row with what it holds, and how it ended."""

    def __init__(self) -> None:
        self.rows: dict[Attempt, Row] = {}
        self.counters: dict[Name, Counter] = {}

    def insert(self, hold: Hold) -> bool:
        """See `Rows.insert`."""
        return self._insert(hold, "held")

    def post(self, hold: Hold, ending: Ending) -> None:
        """See `Rows.post`."""
        self._insert(hold, ending.state)

    def _insert(self, hold: Hold, state: str) -> bool:
        row = Row(state, hold.amount, 0, hold.scopes)
        return self.rows.setdefault((hold.id, hold.k), row) is row

    def end(self, ending: Ending, booked: int, overrun: int) -> None:
        """See `Rows.end`."""
        attempt = (ending.id, ending.k)
        self.rows[attempt] = structs.replace(self.rows[attempt], state=ending.state, cost=booked, overrun=overrun)

    def expire(self, attempt: Attempt, now: int) -> None:
        """See `Rows.expire`."""
        row = self.rows[attempt]
        self.rows[attempt] = structs.replace(row, state="expired", cost=row.amount)

    def find(self, attempt: Attempt) -> Row | None:
        """See `Rows.find`."""
        return self.rows.get(attempt)

    def holds(self) -> list[tuple[Attempt, int, tuple[Scope, ...]]]:
        """See `Rows.holds`."""
        held = sorted((attempt, row) for attempt, row in self.rows.items() if row.state == "held")
        return [(attempt, row.amount, row.scopes) for attempt, row in held]

    def counter(self, name: Name) -> Counter:
        """See `Rows.counter`. The books write into this very one."""
        counter = self.counters.setdefault(name, Counter())
        counter.held = 0
        return counter


class MemoryLedger:
    """`proxy.money.ledger.Ledger` over MemoryRows, which outlive it: another one may be opened on them.

    Opening resolves what is held, by the marks in `marks`, which outlive it too.
    """

    def __init__(
        self,
        wall: Callable[[], int],
        notice: Callable[[Notice], None],
        rows: MemoryRows | None = None,
        marks: set[Attempt] | None = None,
        clock: SteadyClock | None = None,
    ) -> None:
        self.rows = rows if rows is not None else MemoryRows()
        self.marks = marks if marks is not None else set()
        self.clock = clock if clock is not None else SteadyClock(wall)
        self._notice = notice
        self._steps = Steps(self.rows)
        self._steps.resolve(list(self._steps.books.holds), self.marks.__contains__, self.now())
        self._tell()

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """See `Ledger.reserve`."""
        if before is not None:
            self._end(before)
        answer = self._steps.hold(hold, None)
        if isinstance(answer, HoldEnded):
            raise answer
        return answer

    def dispatched(self, id: str, k: int) -> None:
        """See `Ledger.dispatched`."""
        self.marks.add((id, k))

    async def settle(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        self._end(ending)

    async def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        self._steps.post(hold, ending)

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """See `Ledger.room`."""
        return self._steps.books.room(scopes)

    def held(self) -> tuple[int, int]:
        """See `Ledger.held`."""
        return self._steps.books.held()

    def now(self) -> int:
        """See `Ledger.now`."""
        return self.clock.now()

    async def aclose(self) -> None:
        """See `Ledger.aclose`."""

    async def resolve(self, attempts: Iterable[Attempt]) -> None:
        """As `SqliteLedger.resolve`."""
        self._steps.resolve(attempts, self.marks.__contains__, self.now())
        self._tell()

    def _end(self, ending: Ending) -> None:
        try:
            self._steps.end(ending)
        except UnknownHold:
            self._notice(Stray(ending.id, ending.k, ending.cost))
            raise
        self._tell()

    def _tell(self) -> None:
        told, self._steps.told = self._steps.told, []
        for notice in told:
            self._notice(notice)
