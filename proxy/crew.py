"""Those who answer HTTP: one worker, or several and their accountant; each is restarted by itself."""

import asyncio
import signal
from collections.abc import Callable, Sequence

from proxy.child import Child, Program

LAST = 5.0
"""Seconds that the accountant gets to resolve what its workers left."""


class Crew:
    """Kept running like one `Child`: it ends when it is told to, or when one of them cannot start."""

    def __init__(self, workers: Sequence[Program], accountant: Program | None, notice: Callable[[str], None]) -> None:
        self._workers = [Child(program, notice) for program in workers]
        self._accountant = [Child(accountant, notice)] if accountant is not None else []
        self._running: list[asyncio.Task[int]] = []
        self._told = False

    async def run(self) -> int:
        """Keep them running; the exit code of the worker that ended worst."""
        accountant = [asyncio.create_task(child.run()) for child in self._accountant]
        self._running = [asyncio.create_task(child.run()) for child in self._workers]
        await asyncio.wait([*self._running, *accountant], return_when=asyncio.FIRST_COMPLETED)
        if not self._told:
            self.stop(signal.SIGTERM)
        codes = await asyncio.gather(*self._running)
        for number in (signal.SIGTERM, signal.SIGKILL):  # last, because the workers' answers are settled with it
            for child in self._accountant:
                child.stop(number)
            if accountant:
                await asyncio.wait(accountant, timeout=LAST)
        codes += [task.result() for task in accountant if task.done()]
        return next((code for code in codes if code not in (0, -signal.SIGTERM)), 0)

    def stop(self, number: int) -> None:
        """Send the signal to the workers and start them no more."""
        self._told = True
        for child, task in zip(self._workers, self._running, strict=False):
            if not task.done():
                child.stop(number)

    def proven(self) -> None:
        """They have worked: from now on whatever ends one of them, it starts again."""
        for child in (*self._workers, *self._accountant):
            child.proven()
