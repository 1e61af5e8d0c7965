"""The accountant's side: the one writer of the ledger, and the one meter, for the workers of this machine.

All questions of one tick share a transaction. A worker that hangs up is dead: its holds are resolved at once, by the
marks in its journal. Holds that the accountant finds at its start wait a moment for a living worker to claim them.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, cast

from providers.engine.frames import FrameError
from proxy.limits.meter import LocalMeter
from proxy.money.books import Attempt
from proxy.money.ledger import HoldEnded, Ledger, LedgerUnavailable, UnknownHold
from proxy.money.remote.frames import (
    Admit,
    Asked,
    Done,
    Failed,
    Hello,
    Judged,
    Leave,
    Metered,
    Post,
    Reserve,
    Room,
    Settle,
    Told,
    Welcome,
    encode,
    questions,
)
from proxy.money.remote.latest import Latest
from proxy.money.remote.marks import Marks

GRACE = 2.0
"""Seconds for workers to claim the holds that outlived an accountant."""
AGAIN = 0.5


class Kept(Ledger, Protocol):
    """A ledger whose holds wait to be resolved."""

    def open_holds(self) -> list[Attempt]:
        """Every attempt that is held."""
        ...

    async def resolve(self, attempts: Sequence[Attempt]) -> None:
        """Void what was not dispatched, expire what was."""
        ...


class Accountant:
    """Serves a ledger and a meter to any number of workers."""

    def __init__(self, ledger: Kept, meter: LocalMeter, marks: Marks, clock: Latest, grace: float = GRACE) -> None:
        """`clock` is the ledger's wall."""
        self.ledger, self.meter, self._marks, self.clock = ledger, meter, marks, clock
        self._grace = grace
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.AbstractServer | None = None
        self._adopting: asyncio.Task[None] | None = None
        self.orphans = set(ledger.open_holds())
        self.desks: set[Desk] = set()
        self.alone = asyncio.Event()
        """Set while no worker is connected."""
        self.alone.set()

    async def open(self, path: str) -> None:
        """Listen on this unix socket."""
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: Desk(self), path)
        self._adopting = asyncio.get_running_loop().create_task(self._adopt())

    async def aclose(self) -> None:
        """Hang up on everybody and resolve what they leave; what takes too long, the next one does."""
        if self._adopting is not None:
            self._adopting.cancel()
        if self._server is not None:
            self._server.close()
        for desk in list(self.desks):
            desk.hang_up()
        await self.alone.wait()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def bury(self, worker: str, attempts: Sequence[Attempt]) -> None:
        """This worker is dead."""
        await self._resolve(attempts, worker)
        self._marks.forget(worker)

    async def _adopt(self) -> None:
        """Holds that nobody claims belong to workers that died with the accountant before this one."""
        await asyncio.sleep(self._grace if self.orphans else 0)
        orphans, self.orphans = self.orphans, set()
        await self._resolve(sorted(orphans))
        self._marks.forget_dead()

    async def _resolve(self, attempts: Sequence[Attempt], worker: str | None = None) -> None:
        while attempts:
            try:
                for attempt in self._marks.dispatched(attempts, worker):
                    self.ledger.dispatched(*attempt)
                await self.ledger.resolve(attempts)
            except LedgerUnavailable:
                await asyncio.sleep(AGAIN)
            else:
                return


class Desk(asyncio.Protocol):
    """One worker's connection. `holds` are the attempts that it may hold, `inside` its requests in the meter."""

    def __init__(self, accountant: Accountant) -> None:
        self._accountant = accountant
        self._ledger, self._meter = accountant.ledger, accountant.meter
        self._reader = questions()
        self._out: list[Told] = []
        self._working: set[asyncio.Task[None]] = set()
        self._worker = ""
        self.holds: set[Attempt] = set()
        self.inside: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A worker."""
        self._transport = cast(asyncio.Transport, transport)
        self._accountant.desks.add(self)
        self._accountant.alone.clear()

    def data_received(self, data: bytes) -> None:
        """All that came in one read."""
        try:
            for asked in self._reader.feed(data):
                self._hear(asked)
        except FrameError:
            self._transport.abort()

    def hang_up(self) -> None:
        """End the connection, with what was answered."""
        self._flush()
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The worker is dead."""
        for id in self.inside:
            self._meter.leave(id)
        self._accountant.spawn(self._leave())
        self._accountant.desks.discard(self)
        if not self._accountant.desks:
            self._accountant.alone.set()

    async def _leave(self) -> None:
        if self._working:  # a hold that is being taken must be taken before it can be resolved
            await asyncio.wait(self._working)
        if self._worker:
            await self._accountant.bury(self._worker, sorted(self.holds))

    def _hear(self, asked: Asked) -> None:
        if isinstance(asked, Admit):
            self.inside.add(asked.id)
            self._say(Metered(asked.n, self._meter.decide(asked.id, asked.charges)))
        elif isinstance(asked, Leave):
            if asked.id in self.inside:  # else it was charged by an accountant before this one
                self.inside.discard(asked.id)
                self._meter.leave(asked.id, asked.corrections)
        elif isinstance(asked, Hello):
            self._welcome(asked)
        else:
            if isinstance(asked, Reserve):
                self._accountant.clock.see(asked.hold.at)
                self._ledger.now()  # so that the hold's transaction promises it
                self.holds.add((asked.hold.id, asked.hold.k))
            task = asyncio.get_running_loop().create_task(self._answer(asked))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    def _welcome(self, hello: Hello) -> None:
        held = set(self._ledger.open_holds())
        self._worker = hello.worker
        self.holds = held.intersection(hello.attempts)
        self._accountant.orphans -= self.holds
        ended = tuple(attempt for attempt in hello.attempts if attempt not in held)
        self._say(Welcome(self._ledger.now(), ended))

    async def _answer(self, asked: Reserve | Settle | Post | Room) -> None:
        try:
            self._say(await self._work(asked))
        except HoldEnded:
            self._say(Failed(asked.n, "ended", ""))
        except LedgerUnavailable as error:
            self._say(Failed(asked.n, "unavailable", error.cause))
        except UnknownHold as error:
            self._say(Failed(asked.n, "unknown", str(error)))
        except ValueError as error:
            self._say(Failed(asked.n, "wrong", str(error)))

    async def _work(self, asked: Reserve | Settle | Post | Room) -> Told:
        if isinstance(asked, Reserve):
            answer = await self._ledger.reserve(asked.hold, asked.before)
            if asked.before is not None:
                self.holds.discard((asked.before.id, asked.before.k))
            return Judged(asked.n, answer)
        if isinstance(asked, Room):
            return Done(asked.n, await self._ledger.room(asked.scopes))
        if isinstance(asked, Post):
            await self._ledger.post(asked.hold, asked.ending)
            return Done(asked.n)
        await self._ledger.settle(asked.ending)
        self.holds.discard((asked.ending.id, asked.ending.k))
        return Done(asked.n)

    def _say(self, told: Told) -> None:
        self._out.append(told)
        if len(self._out) == 1:
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        told, self._out = self._out, []
        if told and not self._transport.is_closing():
            self._transport.write(encode(told))
