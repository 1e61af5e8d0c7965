"""A local model's life: its socket, which outlives its processes, and when one is started, replaced, left alone.

The supervisor holds the listening socket, so that connections wait in its backlog while a process loads, starts again
or sleeps: the first one starts a process that sleeps. While nobody may wait (its circuit is open, or it cannot be
served at all) the socket is closed, and a call learns that at once.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from msgspec import structs

from providers.engine.state import State, write
from providers.engine.unix import listen
from providers.labelling.client import Labeller
from proxy.child import Program, ending
from proxy.config.schema import Local
from proxy.crashes import Crashes, Verdict
from proxy.engine_process import EngineProcess, Said

ENDED = (0, -signal.SIGTERM)
"""Exit codes of a worker that was idle for long, or that somebody told to end."""
REFUSED, MEMORY = 2, 75
"""It cannot be served as configured; there is too little memory now."""


class Keeper:
    """Keeps one local model served.

    `settings` are what it is served with, `wanted` what it will be once a swap is done. `notice` gets sentences for the
    operator; `settled` is set once it is ready, sleeps, or has failed; once it
    `speaks`, being ready is news too. `clock` is in epoch seconds.
    """

    def __init__(
        self,
        name: str,
        settings: Local | Labeller,
        path: Path,
        environ: Mapping[str, str],
        notice: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.settings, self.wanted = name, settings, settings
        self._swapping = asyncio.Lock()
        self.settled, self.speaks = asyncio.Event(), False
        self.state = State(state="idle", model=settings.model, since=clock())
        self._path, self._environ, self._notice, self._clock = path, environ, notice, clock
        self._crashes = Crashes(settings.crashes, time.monotonic)
        self._listening: socket.socket | None = None
        self._current: EngineProcess | None = None
        self._others: set[EngineProcess] = set()
        self._stopping, self._changed = asyncio.Event(), asyncio.Event()
        self._started = 0

    async def run(self) -> None:
        """Keep it served until `stop`."""
        asleep = self.settings.load == "first_use"
        while not self._stopping.is_set():
            self._changed.clear()
            if self._listening is None:
                self._listening = listen(self._path)
            if asleep:
                await self._called(self._listening)
            if not self._stopping.is_set():
                self._current = self._start(self.settings)
                self._tell(state="loading", progress=0.0, reason=None, again=None)
                asleep = await self._after(*await self._outlived())
        self._close()
        lives = [process.life for process in (self._current, *self._others) if process is not None]
        if lives:
            await asyncio.wait(lives)

    def stop(self, number: int) -> None:
        """Send the signal to its processes and start none any more."""
        self._stopping.set()
        for process in (self._current, *self._others):
            if process is not None:
                process.signal(number)

    async def swap(self, settings: Local | Labeller) -> None:
        """Serve with other settings, without losing a request: the old process ends once the new one is ready.

        One after the other: what was wanted last is what is served in the end.
        """
        self.wanted = settings
        async with self._swapping:
            await self._swap(settings)
            if self.settings != settings and self.wanted == settings:
                self.wanted = self.settings

    async def _swap(self, settings: Local | Labeller) -> None:
        if self._current is None or self._current.pid is None:
            self._take(settings)
            self._tell(model=settings.model)
            self._changed.set()
            return
        fresh = self._start(settings)
        self._others.add(fresh)
        await self._first(fresh.ready.wait(), asyncio.wait([fresh.life]))
        self._others.discard(fresh)
        if not fresh.ready.is_set():
            self._notice(f"engine {self.name}: {settings.model} is not served, {self.settings.model} is still")
            return
        old, self._current = self._current, fresh
        self._take(settings)
        self._others.add(old)
        old.life.add_done_callback(lambda _life: self._others.discard(old))
        old.leave()
        self._tell(state="ready", model=settings.model, pid=fresh.pid, active=0, waiting=0)
        self._notice(f"engine {self.name}: now serves {settings.model}")

    def _take(self, settings: Local | Labeller) -> None:
        """These are the settings now; crashes are counted anew where another number of them counts."""
        if settings.crashes != self.settings.crashes:
            self._crashes = Crashes(settings.crashes, time.monotonic)
        self.settings = settings

    def _start(self, settings: Local | Labeller) -> EngineProcess:
        assert self._listening is not None
        fd = self._listening.fileno()
        words = settings.arguments(fd)
        self._started += 1
        program = Program(name=f"engine {self.name}", words=words, environ=self._environ, fds=(fd,))
        return EngineProcess(program, settings.stall, self._hear)

    async def _outlived(self) -> tuple[EngineProcess, int]:
        """Wait for the end of the process that serves; one that was replaced meanwhile is not it."""
        while True:
            process = self._current
            assert process is not None
            code = await asyncio.shield(process.life)
            if process is self._current:
                return process, code

    async def _after(self, process: EngineProcess, code: int) -> bool:
        """What the end of the process means; whether the next one waits to be called."""
        if self._stopping.is_set():
            return True
        told = f"engine {self.name} {'did not answer and ' if process.hung else ''}{ending(code)}"
        self._tell(pid=None, last_exit=ending(code), active=0, waiting=0, tokens_per_second=0.0)
        if code in ENDED:
            return True
        if code == REFUSED:
            await self._refused(told)
            return self.settings.load == "first_use"
        verdict = self._crashes.give_up() if code == MEMORY else self._crashes.crashed(process.ready.is_set())
        await self._paused(verdict, told, code == MEMORY)
        return verdict.open and self.settings.load == "first_use"

    async def _refused(self, told: str) -> None:
        """It cannot be served: nobody need wait, until its settings change."""
        self._close()
        self._tell(state="refused", reason=self.state.reason or told)
        self._notice(f"engine {self.name}: {self.text()}")
        self.settled.set()
        await self._first(self._stopping.wait(), self._changed.wait())

    async def _paused(self, verdict: Verdict, told: str, memory: bool) -> None:
        """It failed and is tried again; with an open circuit nobody may wait for that."""
        crashes = self.state.crashes + (not memory)
        state = "open" if verdict.open else "crashed"
        self._tell(state=state, crashes=crashes, reason=self.state.reason or told, again=self._clock() + verdict.pause)
        self.settled.set()
        if verdict.open:
            self._close()
            why = self.state.reason if memory else f"{told}, too often"
            self._notice(f"{why}; it is left alone and tried again in {verdict.pause:g} s")
        else:
            self._notice(f"{told}; it starts again in {verdict.pause:g} s")
        await self._first(self._stopping.wait(), self._changed.wait(), asyncio.sleep(verdict.pause))

    async def _called(self, listening: socket.socket) -> None:
        """Sleep until a connection waits in the backlog."""
        self._tell(state="idle", reason=None, again=None)
        self.settled.set()
        loop, called = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(listening, called.set)
        try:
            await self._first(called.wait(), self._stopping.wait())
        finally:
            loop.remove_reader(listening)

    async def _first(self, *these: Coroutine[Any, Any, Any]) -> None:
        """Until one of them is done."""
        tasks = [asyncio.ensure_future(each) for each in these]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _close(self) -> None:
        """Refuse connections, those in the backlog too."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
            self._path.unlink(missing_ok=True)

    def _hear(self, process: EngineProcess, said: Said) -> None:
        if said.event == "error":
            self._tell(reason=said.message)
        elif process is not self._current:
            return
        elif said.event == "loading":
            self._tell(progress=said.progress, pid=process.pid)
        elif said.event == "ready":
            self._tell(state="ready", model=self.settings.model, pid=process.pid, progress=1.0, reason=None)
            if self.speaks:
                self._notice(f"engine {self.name}: {self.text()}")
            self.settled.set()
        else:
            done = self.state.tokens_per_second
            speed = said.tokens_per_second or done
            self._tell(active=said.active, waiting=said.waiting, tokens_per_second=speed)

    def _tell(self, **changes: Any) -> None:
        if "state" in changes and changes["state"] != self.state.state:
            changes["since"] = self._clock()
        self.state = structs.replace(self.state, restarts=max(0, self._started - 1), **changes)
        write(self._path, self.state)

    def text(self) -> str:
        """How it is, for people."""
        state = self.state
        match state.state:
            case "ready":
                return f"ready, {state.model}"
            case "loading":
                return f"loading, {state.progress:.0%} read"
            case "idle":
                return f"loads with the first request, {state.model}"
        return f"NOT SERVED: {state.reason}"
