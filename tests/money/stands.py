"""Stands: a store that outlives its ledgers, so that one can die on it and another be opened.

The machine, the simulator and the crash tests take a stand; a new kind of store is one more class like these.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import apsw

from proxy.money.books import Attempt, Name
from proxy.money.clock import SteadyClock
from proxy.money.ledger import Ledger, Notice
from proxy.money.memory import MemoryLedger, MemoryRows
from proxy.money.sqlite import SqliteLedger
from proxy.money.sync import Durability

Found = dict[Attempt, tuple[str, int, int, int]]
"""Per attempt: state, amount, booked cost, overrun."""


class Stand(Protocol):
    """A store, and at most one ledger open on it at a time."""

    exact: bool
    """Whether `room` and every refusal are to the nano-dollar (a ledger that leases slices may refuse earlier)."""

    async def open(self, wall: Callable[[], int], notice: Callable[[Notice], None]) -> Ledger:
        """A ledger on the store; what a dead one left is resolved when this returns."""
        ...

    async def crash(self) -> None:
        """Leave the open ledger as `kill -9` would: what it has answered is in the store, nothing else is written."""
        ...

    async def rows(self) -> Found:
        """Every row, as a reader beside the ledger sees it."""
        ...

    async def spent(self) -> dict[Name, int]:
        """What the counters say was spent; zero ones may be left out."""
        ...

    async def aclose(self) -> None:
        """Remove everything."""
        ...


class MemoryStand:
    """Dictionaries."""

    exact = True

    def __init__(self) -> None:
        self._rows = MemoryRows()
        self._marks: set[Attempt] = set()
        self._clock: SteadyClock | None = None

    async def open(self, wall: Callable[[], int], notice: Callable[[Notice], None]) -> MemoryLedger:
        self._clock = self._clock or SteadyClock(wall)
        return MemoryLedger(wall, notice, self._rows, self._marks, self._clock)

    async def crash(self) -> None:
        """Nothing is buffered."""

    async def rows(self) -> Found:
        return {attempt: (row.state, row.amount, row.cost, row.overrun) for attempt, row in self._rows.rows.items()}

    async def spent(self) -> dict[Name, int]:
        return {name: counter.spent for name, counter in self._rows.counters.items()}

    async def aclose(self) -> None:
        """Nothing is kept."""


class SqliteStand:
    """A folder for each life: a crash goes on with a copy of the files as they lie at that moment."""

    exact = True

    def __init__(self, folder: Path, durability: Durability = "process", boot: str = "this boot") -> None:
        self._folder = folder
        self._durability = durability
        self.boot = boot
        self._lives = 0
        self._ledger: SqliteLedger | None = None

    @property
    def path(self) -> Path:
        """The file of this life."""
        return self._folder / str(self._lives) / "ledger.db"

    async def open(self, wall: Callable[[], int], notice: Callable[[Notice], None]) -> SqliteLedger:
        self.path.parent.mkdir(exist_ok=True)
        self._ledger = SqliteLedger(
            self.path, wall, notice, durability=self._durability, boot=self.boot, ballast=1 << 16
        )
        return self._ledger

    async def crash(self) -> None:
        before, self._lives = self.path.parent, self._lives + 1
        self.path.parent.mkdir()
        for name in ("ledger.db", "ledger.db-wal", "ledger.db.dispatched"):
            if (before / name).exists():
                shutil.copy(before / name, self.path.parent / name)
        if self._ledger is not None:
            await self._ledger.aclose()
        shutil.rmtree(before)

    async def rows(self) -> Found:
        return rows(self.path)

    async def spent(self) -> dict[Name, int]:
        return spent(self.path)

    async def aclose(self) -> None:
        shutil.rmtree(self._folder)


def rows(path: Path) -> Found:
    """Every row of a ledger's file, read beside its writer."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {
        (id, k): (s, a, c, o) for id, k, s, a, c, o in db.execute("SELECT id,k,state,amount,cost,overrun FROM rows")
    }
    db.close()
    return found


def spent(path: Path) -> dict[Name, int]:
    """Every counter of a ledger's file."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {(rule, window): spent for rule, window, spent in db.execute("SELECT rule, window, spent FROM counters")}
    db.close()
    return found
