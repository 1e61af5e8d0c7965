"""What was committed, made to survive a power cut: fdatasync of the write-ahead log in a thread, shared by all.

The log carries none of SQLite's locks, so that a descriptor of our own does no harm; the database file must never be
opened so. Once a sync has failed it is not tried again: the kernel may have dropped what it could not write.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal

Durability = Literal["process", "power"]
"""What a commit survives before it is answered: the death of the process, or a power cut."""
Then = Callable[[OSError | None], None]


class LogSync:
    """`delay`: seconds between a commit and its sync (0: at once); `failed` hears of the one failure."""

    def __init__(
        self, log: Path, delay: float, failed: Callable[[str], None], sync: Callable[[int], None] = os.fdatasync
    ) -> None:
        self.fd = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
        self._delay = delay
        self._failed = failed
        self._sync = sync
        self._thread = ThreadPoolExecutor(1, "ledger-sync")
        self._waiting: list[Then] = []
        self._due = False
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        _sync_folder(log.parent)

    def committed(self, then: Then | None = None) -> None:
        """Something was committed; `then` is called once that is on the disk, or with the error why it may not be."""
        if then is not None:
            self._waiting.append(then)
        self._due = True
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._due:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._delay):
                    await self._closing.wait()
            self._due = False
            waiting, self._waiting = self._waiting, []
            error: OSError | None = None
            try:
                await loop.run_in_executor(self._thread, self._sync, self.fd)
            except OSError as raised:
                error = raised
                self._failed(f"fdatasync: {raised.strerror}")
            for then in waiting:
                then(error)
        self._task = None

    async def aclose(self) -> None:
        """Sync what is due at once, and let go of the log."""
        self._closing.set()
        if self._task is not None:
            await self._task
        self._thread.shutdown()
        os.close(self.fd)


def _sync_folder(folder: Path) -> None:
    """The names of new files in it survive as well."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
