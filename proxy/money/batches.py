"""Group commit: all calls of one loop tick share a transaction, and what must be written is kept until it is.

When the disk is full the ballast is given up for what must be written (endings); holds are refused until the disk has
room for both again, which is tried twice a second. Files that were moved away are waited for in the same way.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import apsw

from proxy.money.ballast import Ballast
from proxy.money.ledger import LedgerUnavailable
from proxy.money.sync import LogSync

T = TypeVar("T")
Run = Callable[[], Any]

MOST_OWED = 100_000
AGAIN = 0.5
"""Seconds between two tries to write what is owed."""
FULL = "the disk is full"
_LOG = logging.getLogger("halfpenny.money")
_SYNCS = frozenset((apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC))


class Step:
    """One call that waits for the next transaction.

    `owed`: what must be written even if that fails (`run` itself, for an ending); `waits`: it is answered only when it
    is on the disk, where the ledger waits for the disk at all.
    """

    __slots__ = ("future", "owed", "run", "waits")

    def __init__(self, run: Run, future: "asyncio.Future[Any]", owed: Run | None, waits: bool) -> None:
        self.run, self.future, self.owed, self.waits = run, future, owed, waits

    @property
    def must(self) -> bool:
        """Whether the whole step must be written."""
        return self.owed is self.run


class Batches:
    """`transact` runs steps in one transaction, or raises and leaves no trace; `lost` says why no file is there
    to write to; `broken` hears, once, why the disk cannot be trusted any more. `patient`: answers wait for the disk."""

    def __init__(
        self,
        transact: Callable[[Sequence[Run]], list[Any]],
        lost: Callable[[], str],
        ballast: Ballast,
        sync: LogSync,
        patient: bool,
        broken: Callable[[str], None],
    ) -> None:
        self._transact, self._look = transact, lost
        self._lost = ""
        self._ballast = ballast
        self._sync = sync
        self._patient = patient
        self._tell_broken = broken
        self._steps: list[Step] = []
        self._owed: list[Step] = []
        self._scheduled = False
        self._paused = False
        self._retry: asyncio.TimerHandle | None = None
        self._broken: str | None = None

    def submit(self, run: Callable[[], T], owed: Run | None = None, waits: bool = True) -> "asyncio.Future[T]":
        """Run it in this tick's transaction; the future's result is what it returned, after the commit."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._steps.append(Step(run, future, owed, waits))
        if not (self._scheduled or self._paused):
            self._scheduled = True
            loop.call_soon(self.flush)
        return future

    def pause(self) -> None:
        """Write nothing until `resume`."""
        self._paused = True

    def resume(self) -> None:
        """Go on, with what came meanwhile first."""
        self._paused = False
        self.flush()

    def give_up(self, why: str) -> None:
        """Nothing that was written can be trusted to last: refuse everything from here on."""
        if self._broken is None:
            self._broken = why
            self._tell_broken(why)

    def distrust(self, error: apsw.Error) -> None:
        """Give up when what failed was a sync."""
        if getattr(error, "extendedresult", 0) in _SYNCS:
            self.give_up(f"fsync: {error}")

    def flush(self) -> None:
        """Write everything that waits, in one transaction when all goes well."""
        self._scheduled = False
        if self._paused:
            return
        steps, self._steps, self._owed = self._owed + self._steps, [], []
        if self._ballast.whole:
            self._commit(steps)
        else:
            self._commit([step for step in steps if step.must])
            may = [step for step in steps if not step.must]
            if not self._owed and self._ballast.restore():
                _LOG.warning("the ledger's disk has room again: paid requests are admitted")
                self._commit(may)
            else:
                self._fail(may, LedgerUnavailable(FULL))
        if (self._owed or not self._ballast.whole) and self._retry is None and self._broken is None:
            self._retry = asyncio.get_running_loop().call_later(AGAIN, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.flush()

    def close(self) -> None:
        """The last flush; what the disk does not take now is lost from memory, and its holds are resolved later."""
        self.flush()
        if self._retry is not None:
            self._retry.cancel()

    def _commit(self, steps: list[Step]) -> None:
        if not steps:
            return
        if self._broken is not None or self._astray():
            self._fail(steps, LedgerUnavailable(self._broken or self._lost))
            return
        try:
            answers = self._transact([step.run for step in steps])
        except apsw.Error as error:
            self._refused(steps, error)
        except Exception as error:  # one call's own fault: the others must not suffer for it
            if len(steps) == 1:
                _answer(steps[0].future, error=error)
            for step in steps if len(steps) > 1 else ():
                self._commit([step])
        else:
            self._deliver(steps, answers)

    def _astray(self) -> bool:
        """Whether what would be written now could not be found again; a line in the log when that changes."""
        before, self._lost = self._lost, self._look()
        if self._lost != before:
            _LOG.error("%s", self._lost or "the ledger's files are back: paid requests are admitted")
        return bool(self._lost)

    def _refused(self, steps: list[Step], error: apsw.Error) -> None:
        self.distrust(error)
        unavailable = LedgerUnavailable(type(error).__name__)
        if isinstance(error, apsw.FullError | apsw.IOError) and self._ballast.free():
            _LOG.error("the ledger's disk is full (%s): no paid request is admitted until it has room", error)
            self._fail([step for step in steps if not step.must], unavailable)
            self._commit([step for step in steps if step.must])
        else:
            self._fail(steps, unavailable)

    def _deliver(self, steps: list[Step], answers: list[Any]) -> None:
        """Answer those who wait: now, or when it is on the disk."""
        if not self._patient:
            for step, answer in zip(steps, answers, strict=True):
                _answer(step.future, answer)
            self._sync.committed()
            return
        patient: list[tuple[Step, Any]] = []
        for step, answer in zip(steps, answers, strict=True):
            if step.waits:
                patient.append((step, answer))
            else:
                _answer(step.future, answer)

        def synced(error: OSError | None) -> None:
            for step, answer in patient:
                _answer(step.future, answer, LedgerUnavailable("fsync failed") if error is not None else None)

        self._sync.committed(synced if patient else None)

    def _fail(self, steps: list[Step], error: LedgerUnavailable) -> None:
        for step in steps:
            if step.owed is not None and len(self._owed) < MOST_OWED:
                self._owed.append(Step(step.owed, step.future, step.owed, step.waits))
            _answer(step.future, error=error)


def _answer(future: "asyncio.Future[Any]", answer: object = None, error: Exception | None = None) -> None:
    if not future.done():
        future.set_result(answer) if error is None else future.set_exception(error)
