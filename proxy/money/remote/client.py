"""The ledger as a worker sees it: the accountant's, over its line, with marks in a journal of the worker's own.

A mark of dispatch is a write(2) to the worker's journal, never a frame: it must survive a `kill -9` of the worker, of
the accountant, or of both at once. Endings are kept until the accountant says that they are written.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from proxy.money.batches import MOST_OWED
from proxy.money.books import Attempt
from proxy.money.clock import SteadyClock
from proxy.money.journal import Journal, boot_id
from proxy.money.ledger import Denied, Ending, Granted, Hold, HoldEnded, LedgerUnavailable, UnknownHold
from proxy.money.remote.frames import Hello, Post, Reserve, Room, Settle, Welcome
from proxy.money.remote.line import AWAY, PATIENCE, Line, Number, Silent
from proxy.money.remote.marks import journal_of
from routing.budget import Scope

AGAIN = 0.5
"""Seconds until what could not be written is said again."""


class RemoteLedger:
    """`proxy.money.ledger.Ledger` over the accountant at `socket`."""

    def __init__(
        self,
        socket: str,
        ledger: Path,
        worker: str,
        wall: Callable[[], int],
        boot: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`ledger` is the file that the accountant writes, `worker` a name that no other worker has or had."""
        self.line = Line(socket, self._hello, self._welcomed, patience)
        self._worker = worker
        self._journal = Journal(journal_of(ledger, worker), boot_id() if boot is None else boot)
        self._journal.begin(())
        self._clock = SteadyClock(wall)
        self._wall = wall
        self._open: dict[Attempt, int] = {}
        self._owed: dict[Attempt, Number] = {}
        self._saying: set[asyncio.Task[None]] = set()
        self._again: asyncio.TimerHandle | None = None

    async def connected(self, seconds: float) -> None:
        """Begin, and wait so long for the accountant; without it, whatever costs money is refused."""
        self.line.open()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.line.up.wait(), seconds)

    # --- the interface

    async def reserve(self, hold: Hold, before: Ending | None = None) -> Granted | Denied:
        """See `Ledger.reserve`."""
        if before is not None:
            self._owe((before.id, before.k), lambda n: Settle(n, before))
        try:
            answer: Granted | Denied = await self.line.ask(lambda n: Reserve(n, hold, before))
        except (asyncio.CancelledError, Silent):
            void = Ending(hold.id, hold.k, hold.at, "void", outcome="cancelled")
            self._owe((hold.id, hold.k), lambda n: Settle(n, void))
            self._say((hold.id, hold.k))
            self._later()
            raise
        except LedgerUnavailable:
            self._later()
            raise
        except UnknownHold:
            if before is not None:
                self._over((before.id, before.k))
            raise
        if before is not None:
            self._over((before.id, before.k))
        if isinstance(answer, Granted):
            self._open[hold.id, hold.k] = hold.amount
        return answer

    def dispatched(self, id: str, k: int) -> None:
        """See `Ledger.dispatched`. Refused when the accountant is gone: it may have voided the hold by now."""
        if (id, k) not in self._open:
            raise HoldEnded
        if not self.line.alive():
            raise LedgerUnavailable(AWAY)
        if self._journal.grown:
            with suppress(OSError):  # then it grows on, until the disk has room
                self._journal.begin(self._open)
        try:
            self._journal.note((id, k))
        except OSError as error:
            raise LedgerUnavailable(error.strerror or "the disk is full") from error

    async def settle(self, ending: Ending) -> None:
        """See `Ledger.settle`."""
        await self._write((ending.id, ending.k), lambda n: Settle(n, ending))

    async def post(self, hold: Hold, ending: Ending) -> None:
        """See `Ledger.post`."""
        await self._write((hold.id, hold.k), lambda n: Post(n, hold, ending))

    async def room(self, scopes: tuple[Scope, ...]) -> int | None:
        """See `Ledger.room`."""
        room: int | None = await self.line.ask(lambda n: Room(n, scopes))
        return room

    def held(self) -> tuple[int, int]:
        """See `Ledger.held`: this worker's own."""
        return len(self._open), sum(self._open.values())

    def now(self) -> int:
        """See `Ledger.now`: the wall of this machine, never before the time that the accountant told."""
        return self._clock.now()

    async def aclose(self) -> None:
        """See `Ledger.aclose`. What the accountant has not taken now, it estimates."""
        if self._again is not None:
            self._again.cancel()
        for attempt in list(self._owed):
            self._say(attempt)
        if self._saying:
            await asyncio.wait(self._saying, timeout=1)
        await self.line.aclose()
        self._journal.close()

    # --- endings that must be written

    def _owe(self, attempt: Attempt, what: Number) -> None:
        """The first ending of an attempt counts."""
        if len(self._owed) < MOST_OWED:
            self._owed.setdefault(attempt, what)

    async def _write(self, attempt: Attempt, what: Number) -> None:
        self._owe(attempt, what)
        try:
            await self.line.ask(what)
        except LedgerUnavailable:
            self._later()
            raise
        except asyncio.CancelledError:
            self._later()
            raise
        except Exception:
            self._over(attempt)
            raise
        self._over(attempt)

    def _over(self, attempt: Attempt) -> None:
        self._owed.pop(attempt, None)
        self._open.pop(attempt, None)

    def _later(self) -> None:
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(AGAIN, self._say_owed)

    def _say_owed(self) -> None:
        self._again = None
        for attempt in list(self._owed) if self.line.up.is_set() else ():
            self._say(attempt)

    def _say(self, attempt: Attempt) -> None:
        task = asyncio.get_running_loop().create_task(self._once_more(attempt))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _once_more(self, attempt: Attempt) -> None:
        what = self._owed.get(attempt)
        if what is not None:
            with suppress(
                Exception
            ):  # unavailable: said again later; unknown: the accountant has told whom it concerns
                await self._write(attempt, what)

    # --- the line

    def _hello(self) -> Hello:
        return Hello(self._worker, tuple(self._open))

    def _welcomed(self, welcome: Welcome) -> None:
        self._clock = SteadyClock(self._wall, max(welcome.now, self._clock.now()))
        for attempt in welcome.ended:
            self._open.pop(attempt, None)
        self._say_owed()
