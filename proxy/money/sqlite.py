"""The ledger in one SQLite file, written by one process: its loop.

Counters and open holds are kept in memory (`steps`) and read back from the file whenever a transaction fails: memory
never knows more than the file. The process's lock is the lease of its holds: who opens the file after it has died
resolves them.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from proxy.money.ballast import SIZE, Ballast
from proxy.money.batches import Batches
from proxy.money.books import Attempt
from proxy.money.clock import SteadyClock
from proxy.money.journal import Journal, boot_id
from proxy.money.ledger import (
    Denied,
    Ending,
    Granted,
    Hold,
    HoldEnded,
    LedgerUnavailable,
    Notice,
    Stray,
    UnknownHold,
)
from proxy.money.lock import FileLock, Locked
from proxy.money.place import Place
from proxy.money.schema import LedgerRefused
from proxy.money.steps import Steps
from proxy.money.store import Store
from proxy.money.sync import Durability, LogSync
from routing.budget import Scope

LAZY = 0.05
"""Seconds of commits that a power cut may undo where nobody waits for the disk."""
CHECKPOINT_PAGES = 1000


def unheard(why: str) -> None:
    """For who does not want to know why the disk cannot be trusted."""


class SqliteLedger:
    """`proxy.money.ledger.Ledger` in a file."""

    def __init__(
        self,
        path: Path,
        wall: Callable[[], int],
        notice: Callable[[Notice], None],
        *,
        durability: Durability = "process",
        broken: Callable[[str], None] = unheard,
        boot: str | None = None,
        ballast: int = SIZE,
        sync: Callable[[int], None] = os.fdatasync,
        keep: bool = False,
    ) -> None:
        """Open or create. Raises LedgerRefused.

        `wall` gives epoch nanoseconds; `notice` is called after each commit; `broken` when an fsync failed: what was
        written may be lost, and only a restart tells. `boot` names the boot of the system (None: ask it); `ballast` is
        in bytes; `sync` makes a file's data durable. Holds that a dead process left are resolved, unless `keep`: then
        they stay until `resolve`.
        """
        self._lock = _lock(path)
        try:
            self._store = Store(path)
        except BaseException:
            self._lock.release()
            raise
        self._steps = Steps(self._store)
        self._clock = SteadyClock(wall, self._store.promised())
        self._notice = notice
        self._journal = Journal(path.with_name(path.name + ".dispatched"), boot_id() if boot is None else boot)
        delay = LAZY if durability == "process" else 0.0
        self._sync = LogSync(path.with_name(path.name + "-wal"), delay, lambda why: self._batches.give_up(why), sync)
        kept = Ballast(path.with_name(path.name + ".ballast"), ballast)
        kept.restore()
        lost = Place(path, self._sync.fd).lost
        self._batches = Batches(self._transact, lost, kept, self._sync, durability == "power", broken)
        self._full = CHECKPOINT_PAGES
        self._thread = ThreadPoolExecutor(1, "ledger-checkpoint")
        self._checkpointing: asyncio.Task[None] | None = None
        self._begin(keep)

    def _begin(self, keep: bool) -> None:
        if not keep and self.open_holds():
            self._write([partial(self._resolve, self.open_holds())])
            self._tell()
        self._journal.begin(self.open_holds())

    # --- the interface

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """See `Ledger.reserve`."""
        if hold.amount < 0:
            raise ValueError("a hold is not negative")
        owed = None if before is None else partial(self._steps.end, before)
        try:
            answer = await self._batches.submit(partial(self._steps.hold, hold, before), owed)
        except asyncio.CancelledError:
            end = partial(self._steps.end, Ending(hold.id, hold.k, hold.at, "void", outcome="cancelled"))
            self._batches.submit(end, end).add_done_callback(lambda done: done.cancelled() or done.exception())
            raise
        except UnknownHold:
            self._stray(before)
            raise
        if isinstance(answer, HoldEnded):
            raise answer
        return answer

    def dispatched(self, id: str, k: int) -> None:
        """See `Ledger.dispatched`."""
        try:
            self._journal.note((id, k))
        except OSError as error:
            raise LedgerUnavailable(error.strerror or "the disk is full") from error

    async def settle(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        if ending.cost < 0:
            raise ValueError("a cost is not negative")
        end = partial(self._steps.end, ending)
        try:
            await self._batches.submit(end, end)
        except UnknownHold:
            self._stray(ending)
            raise

    async def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        if hold.amount or ending.cost:
            raise ValueError("an attempt that costs takes a hold first")
        row = partial(self._steps.post, hold, ending)
        await self._batches.submit(row, row, waits=False)

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """See `Ledger.room`."""
        try:  # between transactions memory equals the file: no step is needed to read it
            return self._steps.books.room(scopes)
        except apsw.Error as error:
            raise LedgerUnavailable(type(error).__name__) from error

    def held(self) -> tuple[int, int]:
        """See `Ledger.held`."""
        try:
            return self._steps.books.held()
        except apsw.Error as error:
            raise LedgerUnavailable(type(error).__name__) from error

    def now(self) -> int:
        """See `Ledger.now`."""
        return self._clock.now()

    async def aclose(self) -> None:
        """See `Ledger.aclose`."""
        if self._checkpointing is not None:
            await self._checkpointing
        self._batches.close()
        if self._checkpointing is not None:  # the last flush may have begun another one
            await self._checkpointing
        await self._sync.aclose()
        self._thread.shutdown()
        self._journal.close()
        self._store.close()
        self._lock.release()

    # --- for who serves the ledger to other processes

    def open_holds(self) -> list[Attempt]:
        """Every attempt that is held."""
        return list(self._steps.books.holds)

    async def resolve(self, attempts: Iterable[Attempt]) -> None:
        """Their owner is dead: void what was not dispatched, expire what was. What is not held is left alone."""
        step = partial(self._resolve, list(attempts))
        await self._batches.submit(step, step)

    # --- inside and around a transaction

    def _resolve(self, attempts: Sequence[Attempt]) -> None:
        self._steps.resolve(attempts, self._journal.dispatched, self._clock.now())

    def _transact(self, runs: Sequence[Callable[[], Any]]) -> list[Any]:
        answers = self._write(runs)
        self._tell()
        if self._journal.grown:
            with suppress(OSError):  # then it grows on, until the disk has room
                self._journal.begin(self.open_holds())
        if self._store.pages >= self._full and self._checkpointing is None:
            self._checkpointing = asyncio.get_running_loop().create_task(self._checkpoint())
        return answers

    def _write(self, runs: Sequence[Callable[[], Any]]) -> list[Any]:
        try:
            self._store.begin()
            books = self._steps.books
            answers = [run() for run in runs]
            self._store.save(books.changed.items())
            due = self._clock.due()
            if due is not None:
                self._store.promise(due, books.holds)
            self._store.commit()
        except BaseException:
            self._store.rollback()
            self._steps.forget()
            raise
        books.changed.clear()
        if due is not None:
            self._clock.kept(due)
        return answers

    def _tell(self) -> None:
        if self._steps.told:
            told, self._steps.told = self._steps.told, []
            for notice in told:
                self._notice(notice)

    async def _checkpoint(self) -> None:
        # The first pass copies nearly all while calls go on; the second, while they wait, what came meanwhile: only
        # a log that is copied whole starts again from its beginning.
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._store.checkpoint)
            self._batches.pause()
            left = await loop.run_in_executor(self._thread, self._store.checkpoint)
            self._full = CHECKPOINT_PAGES + (self._store.pages if left else 0)
        except apsw.Error as error:
            self._batches.distrust(error)
        finally:
            self._checkpointing = None
            self._store.pages = 0
            self._batches.resume()

    def _stray(self, ending: Ending | None) -> None:
        if ending is not None:
            self._notice(Stray(ending.id, ending.k, ending.cost))


def _lock(path: Path) -> FileLock:
    try:
        return FileLock(path.with_name(path.name + ".lock"))
    except Locked as locked:
        raise LedgerRefused(
            f"{path} is in use by another Halfpenny (pid {locked.pid or 'unknown'})."
            " Stop that one, or choose another data folder."
        ) from None
