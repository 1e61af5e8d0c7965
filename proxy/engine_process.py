"""One process that serves a local model, from its start to its end: what it says, whether it still lives."""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import msgspec
from msgspec import Struct

from proxy.child import Program, spawn

BEAT = 5.0
"""Seconds between two questions whether it still lives, at most."""
SECOND = 1.0

NO_PROCESS = 71
"""In place of an exit code: the system had no process or descriptor left."""


class Model(Struct, frozen=True):
    """What of a loaded model matters here: a step may take `stall` seconds."""

    stall: float = 0.0


class Said(Struct, frozen=True):
    """A line of `python -m providers.engine.worker`."""

    event: Literal["loading", "ready", "stats", "error"]
    progress: float = 0.0
    message: str = ""
    active: int = 0
    waiting: int = 0
    tokens_per_second: float = 0.0
    model: Model = Model()


class EngineProcess:
    """Runs a program once. `hear` gets what it says; silent for `stall` seconds once it is ready, it is killed."""

    def __init__(self, program: Program, stall: float, hear: Callable[["EngineProcess", Said], None]) -> None:
        self._program, self._stall, self._hear = program, stall, hear
        self._process: Process | None = None
        self._ending: int | None = None
        self.ready = asyncio.Event()
        self.hung = False
        self.life = asyncio.create_task(self._live())
        """Its result is the exit code, minus the signal's number when it was killed."""

    @property
    def pid(self) -> int | None:
        """The running process; None before and after."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def leave(self) -> None:
        """Let it finish its answers, take no more, and end."""
        self._say(b"leave\n")

    def signal(self, number: int) -> None:
        """Send it a signal that ends it, as soon as it lives."""
        self._ending = number
        with suppress(ProcessLookupError):
            if self._process is not None and self._process.returncode is None:
                self._process.send_signal(number)

    async def _live(self) -> int:
        try:
            process = self._process = await spawn(self._program, stdin=PIPE, stdout=PIPE)
        except OSError:
            return NO_PROCESS
        if self._ending is not None:  # while it was being started
            process.send_signal(self._ending)
        assert process.stdout is not None
        pulse = asyncio.create_task(self._feel())
        self._heard = asyncio.get_running_loop().time()
        try:
            async for line in process.stdout:
                self._listen(line)
            return await process.wait()
        finally:
            pulse.cancel()
            if process.stdin is not None:
                process.stdin.close()

    def _listen(self, line: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        try:
            said = msgspec.json.decode(line, type=Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if said.event == "ready":
            self._stall = max(self._stall, said.model.stall)
            self.ready.set()
        self._hear(self, said)

    async def _feel(self) -> None:
        """Ask it now and then; kill it when it does not answer, as a process that is stopped cannot end itself."""
        await self.ready.wait()
        clock, beat = asyncio.get_running_loop().time, min(BEAT, self._stall / 3)
        while True:
            asked = clock()
            self._say(b"ping\n")
            await asyncio.sleep(beat)
            # its own alarm comes first, and says where it hung
            if self._heard < asked and clock() - self._heard > self._stall + 2 * beat + SECOND:
                self.hung = True
                self.signal(signal.SIGKILL)
                return

    def _say(self, command: bytes) -> None:
        if self._process is not None and self._process.stdin is not None and self.pid is not None:
            self._process.stdin.write(command)
