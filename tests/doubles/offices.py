"""An accountant over a real ledger, and the ledgers of its workers on its socket, all in the test's loop."""

from pathlib import Path
from time import monotonic_ns, time_ns

from proxy.limits.meter import LocalMeter
from proxy.money.ledger import Notice
from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.latest import Latest
from proxy.money.remote.marks import Marks
from proxy.money.remote.server import Accountant
from proxy.money.sqlite import SqliteLedger

BOOT = "this-boot"


class Office:
    """The accountant's side; it may die and be opened again on the same file."""

    def __init__(self, folder: Path, socket: Path | None = None, boot: str = BOOT) -> None:
        self.folder, self.path, self.socket = folder, folder / "ledger.db", str(socket or folder / "a.sock")
        self.boot = boot
        self.notices: list[Notice] = []
        self._made = 0

    async def open(self, grace: float = 0.2) -> None:
        _remove(self.socket)
        clock = Latest(time_ns)
        self.ledger = SqliteLedger(self.path, clock, self.notices.append, boot=self.boot, ballast=0, keep=True)
        self.accountant = Accountant(self.ledger, LocalMeter(monotonic_ns), Marks(self.path, self.boot), clock, grace)
        await self.accountant.open(self.socket)

    async def die(self) -> None:
        """As a kill would: the sockets close, and nothing is resolved."""
        server, self.accountant._server = self.accountant._server, None
        if server is not None:
            server.close()
        if self.accountant._adopting is not None:
            self.accountant._adopting.cancel()
        self.accountant.bury = _never  # type: ignore[method-assign]
        await self.accountant.aclose()
        await self.ledger.aclose()

    async def aclose(self) -> None:
        await self.accountant.aclose()
        await self.ledger.aclose()

    def worker(self) -> RemoteLedger:
        self._made += 1
        return RemoteLedger(self.socket, self.path, f"99999999-{self._made}", time_ns, self.boot)


async def _never(worker: str, attempts: object) -> None:
    """Dead accountants bury nobody."""


def _remove(socket: str) -> None:
    Path(socket).unlink(missing_ok=True)
