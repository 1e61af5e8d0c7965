"""The ledger in one SQLite file, written by one process: its loop.

All calls of one loop tick share a transaction; their futures resolve after its commit. Counters and open holds are kept
in memory (`books`) and read back from the file whenever a transaction fails: memory never knows more than the file.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw

from proxy.money.books import Books
from proxy.money.ledger import Denied, Ending, Granted, Hold, Late, LedgerUnavailable, Notice, Overrun, UnknownHold
from proxy.money.lock import FileLock, Locked
from proxy.money.store import LedgerRefused, Store
from routing.budget import Scope

T = TypeVar("T")

CHECKPOINT_PAGES = 1000
MOST_OWED = 100_000


class Step:
    """One call that waits for the next transaction. `owed`: what must still be written if that fails."""

    __slots__ = ("future", "owed", "run")

    def __init__(self, run: Callable[[], Any], future: "asyncio.Future[Any]", owed: Callable[[], Any] | None) -> None:
        self.run, self.future, self.owed = run, future, owed


class SqliteLedger:
    """`proxy.money.ledger.Ledger` in a file. `clock` gives epoch nanoseconds; `notice` is called after each commit."""

    def __init__(self, path: Path, clock: Callable[[], int], notice: Callable[[Notice], None]) -> None:
        """Open or create; holds of a dead process are posted at their estimate. Raises LedgerRefused."""
        self._lock = _lock(path)
        try:
            self._store = Store(path)
        except BaseException:
            self._lock.release()
            raise
        self._notice = notice
        self._told: list[Notice] = []
        self._books: Books | None = None
        self._steps: list[Step] = []
        self._owed: list[Step] = []
        self._scheduled = self._paused = False
        self._broken: str | None = None
        self._full = CHECKPOINT_PAGES
        self._thread = ThreadPoolExecutor(1, "ledger-checkpoint")
        self._checkpointing: asyncio.Task[None] | None = None
        self._expire(clock())

    # --- the interface

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """See `Ledger.reserve`."""
        if hold.amount < 0:
            raise ValueError("a hold is not negative")
        owed = None if before is None else partial(self._end, before)
        try:
            return await self._submit(partial(self._hold, hold, before), owed)
        except asyncio.CancelledError:
            void = Ending(hold.id, hold.k, hold.at, "void", outcome="cancelled")
            end = partial(self._end, void)
            self._submit(end, end).add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def settle(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        if ending.cost < 0:
            raise ValueError("a cost is not negative")
        end = partial(self._end, ending)
        await self._submit(end, end)

    async def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        if hold.amount or ending.cost:
            raise ValueError("an attempt that costs takes a hold first")
        row = partial(self._post, hold, ending)
        await self._submit(row, row)

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """See `Ledger.room`."""
        try:  # between transactions memory equals the file: no step is needed to read it
            return self._open_books().room(scopes)
        except apsw.Error as error:
            raise LedgerUnavailable(type(error).__name__) from error

    def held(self) -> tuple[int, int]:
        """How many holds are open, and their n$. Raises LedgerUnavailable."""
        try:
            return self._open_books().held()
        except apsw.Error as error:
            raise LedgerUnavailable(type(error).__name__) from error

    async def aclose(self) -> None:
        """See `Ledger.aclose`."""
        if self._checkpointing is not None:
            await self._checkpointing
        self._flush()
        self._thread.shutdown()
        self._store.close()
        self._lock.release()

    # --- one transaction per loop tick

    def _submit(self, run: Callable[[], T], owed: Callable[[], Any] | None) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._steps.append(Step(run, future, owed))
        if not (self._scheduled or self._paused):
            self._scheduled = True
            loop.call_soon(self._flush)
        return future

    def _flush(self) -> None:
        self._scheduled = False
        if self._paused:
            return
        steps, self._steps, self._owed = self._owed + self._steps, [], []
        if steps:
            self._commit(steps)
        if self._store.pages >= self._full and self._checkpointing is None and steps:
            self._checkpointing = asyncio.get_running_loop().create_task(self._checkpoint())

    def _commit(self, steps: list[Step]) -> None:
        try:
            answers = self._transact([step.run for step in steps])
        except apsw.Error as error:
            for step in steps:
                self._fail(step, LedgerUnavailable(type(error).__name__))
        except Exception as error:  # one call's own fault: the others must not suffer for it
            if len(steps) == 1:
                _answer(steps[0].future, error=error)
            else:
                for step in steps:
                    self._commit([step])
        else:
            for step, answer in zip(steps, answers, strict=True):
                _answer(step.future, answer)
            self._tell()

    def _transact(self, runs: list[Callable[[], T]]) -> list[T]:
        if self._broken is not None:
            raise apsw.IOError(self._broken)
        try:
            with self._store.transaction():
                books = self._open_books()
                answers = [run() for run in runs]
                self._store.save(books.changed.items())
        except BaseException:
            self._books = None
            self._told = []
            raise
        books.changed.clear()
        return answers

    def _fail(self, step: Step, error: LedgerUnavailable) -> None:
        if step.owed is not None and len(self._owed) < MOST_OWED:
            self._owed.append(Step(step.owed, step.future, step.owed))
        _answer(step.future, error=error)

    def _tell(self) -> None:
        told, self._told = self._told, []
        for notice in told:
            self._notice(notice)

    async def _checkpoint(self) -> None:
        # The first pass copies nearly all while calls go on; the second, while they wait, what came meanwhile: only
        # a log that is copied whole starts again from its beginning.
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._store.checkpoint)
            self._paused = True
            left = await loop.run_in_executor(self._thread, self._store.checkpoint)
            self._full = CHECKPOINT_PAGES + (self._store.pages if left else 0)
        except apsw.Error as error:
            if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_FSYNC:
                self._broken = "fsync failed: what was written may be lost"  # asking again would lie: fail closed
        finally:
            self._paused = False
            self._checkpointing = None
            self._store.pages = 0
            self._flush()

    # --- the steps, inside a transaction

    def _open_books(self) -> Books:
        if self._books is None:
            self._books = Books(self._store.counter)
            for attempt, amount, scopes in self._store.holds():
                self._books.take(attempt, amount, scopes)
        return self._books

    def _hold(self, hold: Hold, before: Ending | None) -> Granted | Denied:
        if before is not None:
            self._end(before)
        books = self._open_books()
        attempt = (hold.id, hold.k)
        denied = books.denial(hold.scopes, hold.amount)
        if denied is not None:
            return denied if self._store.find(attempt) is None else Granted()
        if self._store.insert(hold):
            books.take(attempt, hold.amount, hold.scopes)
        return Granted()

    def _end(self, ending: Ending) -> None:
        attempt = (ending.id, ending.k)
        kept = self._open_books().release(attempt)
        if kept is not None:
            self._book(ending, *kept, 0)
            return
        row = self._store.find(attempt)
        if row is None and ending.state == "settled":
            raise UnknownHold(f"attempt {ending.id}/{ending.k} was never held")
        if row is not None and row.state == "expired":
            self._book(ending, row.amount, row.scopes, row.cost)
        elif row is not None and row.state == "void" and ending.cost:
            self._told.append(Late(ending.id, ending.k, ending.cost))

    def _book(self, ending: Ending, amount: int, scopes: tuple[Scope, ...], before: int) -> None:
        cost = ending.cost if ending.state == "settled" else 0
        booked = min(cost, amount)
        self._told += self._open_books().spend(scopes, booked - before)
        self._store.end(ending, booked, cost - booked)
        if cost > booked:
            self._told.append(Overrun(ending.id, ending.k, cost - booked))

    def _post(self, hold: Hold, ending: Ending) -> None:
        if self._store.insert(hold):
            self._store.end(ending, 0, 0)

    def _expire(self, now: int) -> None:
        with self._store.transaction():
            books = self._open_books()
            for attempt, amount, scopes in self._store.holds():
                books.release(attempt)
                self._told += books.spend(scopes, amount)
                self._store.expire(attempt, now)
            self._store.save(books.changed.items())
        books.changed.clear()
        self._tell()


def _answer(future: "asyncio.Future[Any]", answer: object = None, error: Exception | None = None) -> None:
    if not future.done():
        future.set_result(answer) if error is None else future.set_exception(error)


def _lock(path: Path) -> FileLock:
    try:
        return FileLock(path.with_name(path.name + ".lock"))
    except Locked as locked:
        raise LedgerRefused(
            f"{path} is in use by another Halfpenny (pid {locked.pid or 'unknown'})."
            " Stop that one, or choose another data folder."
        ) from None
