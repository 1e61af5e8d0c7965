"""A stand of a worker's ledger over an accountant, in one loop: a crash kills the worker, or the accountant as well."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from proxy.limits.meter import LocalMeter
from proxy.money.books import Name
from proxy.money.ledger import Notice
from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.latest import Latest
from proxy.money.remote.marks import Marks, worker_name
from proxy.money.remote.server import Accountant
from proxy.money.sqlite import SqliteLedger
from tests.doubles.eventually import eventually
from tests.money.stands import Found, rows, spent

BOOT = "this boot"


class RemoteStand:
    """A folder for each life of the accountant."""

    exact = True

    def __init__(self, folder: Path, together: bool) -> None:
        self._folder, self._together = folder, together
        self._lives = self._workers = 0
        self._accountant: Accountant | None = None
        self._books: SqliteLedger | None = None
        self._worker: RemoteLedger | None = None

    @property
    def path(self) -> Path:
        """The file of this life."""
        return self._folder / str(self._lives) / "ledger.db"

    async def open(self, wall: Callable[[], int], notice: Callable[[Notice], None]) -> RemoteLedger:
        if self._accountant is None:
            self.path.parent.mkdir(exist_ok=True)
            clock = Latest(wall)
            self._books = SqliteLedger(self.path, clock, notice, boot=BOOT, ballast=1 << 16, keep=True)
            self._accountant = Accountant(self._books, LocalMeter(lambda: 0), Marks(self.path, BOOT), clock, grace=0)
            await self._accountant.open(str(self._socket))
        books = self._books
        assert books is not None
        await eventually(lambda: not books.open_holds())
        self._workers += 1
        self._worker = RemoteLedger(str(self._socket), self.path, worker_name(os.getpid(), self._workers), wall, BOOT)
        await self._worker.connected(10)
        return self._worker

    @property
    def _socket(self) -> Path:
        return self.path.parent / "socket"

    async def crash(self) -> None:
        before = self.path.parent
        if self._together:
            self._lives += 1
            self.path.parent.mkdir()
            for file in before.glob("ledger.db*"):
                if not file.name.endswith((".lock", ".ballast", "-shm")):
                    shutil.copy(file, self.path.parent / file.name)
        assert self._worker is not None
        await self._worker.aclose()
        if self._together:
            await self._end()
            shutil.rmtree(before)

    async def _end(self) -> None:
        if self._accountant is not None and self._books is not None:
            await self._accountant.aclose()
            await self._books.aclose()
        self._accountant = self._books = None

    async def rows(self) -> Found:
        return rows(self.path)

    async def spent(self) -> dict[Name, int]:
        return spent(self.path)

    async def aclose(self) -> None:
        await self._end()
        shutil.rmtree(self._folder)
