"""`GET /health/live`, `/ready`, `/deep`: for whoever restarts us, sends us traffic, or looks for a cause."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from msgspec import structs

from providers.engine.state import State, read
from proxy import __version__
from proxy.doors.checks import Checks
from proxy.money.ledger import Ledger, LedgerUnavailable
from proxy.pages.page import JSON, Asking, Reply
from proxy.places import socket_path

UNAVAILABLE = 503
_ILL = frozenset({"crashed", "open", "refused"})


class Depth:
    """Knows where to look: the run folder with the states of `engines`, the data folder, the ledger, the classifier."""

    def __init__(self, run: Path, data: Path, engines: Iterable[str], ledger: Ledger, checks: Checks) -> None:
        self._run, self._data, self._engines, self._ledger = run, data, tuple(engines), ledger
        self._checks = checks

    def pages(self) -> dict[str, Callable[[Asking], Reply]]:
        """The three paths."""
        return {
            "/health/live": lambda _asking: Reply(b'{"status":"live"}'),
            "/health/ready": lambda _asking: self.ready(),
            "/health/deep": lambda _asking: self.deep(),
        }

    def ready(self) -> Reply:
        """503 while no request could be booked: nothing that costs may be served then."""
        booked = self._books() is not None
        body = {"status": "ready" if booked else "not ready", "ledger": booked, "model": self._checks.answers}
        return Reply(msgspec.json.encode(body), JSON, 200 if booked else UNAVAILABLE)

    def deep(self) -> Reply:
        """Everything that can be ill, each with what it says of itself; no path, no secret."""
        engines = {name: read(socket_path(self._run, name)) for name in self._engines}
        books = self._books()
        disk = self._disk()
        checks = self._checks()
        ill = books is None or disk is None or any(state and state.state in _ILL for state in engines.values())
        ill = ill or any(check["status"] == "degraded" for check in checks.values())
        body = {
            "status": "degraded" if ill else "healthy",
            "version": __version__,
            "engines": {name: _told(state) for name, state in engines.items()},
            "ledger": {"available": books is not None, "open_holds": books[0] if books else None},
            "data": {"available": disk is not None, "free_bytes": disk},
            "checks": checks,
        }
        return Reply(msgspec.json.encode(body))

    def _books(self) -> tuple[int, int] | None:
        try:
            return self._ledger.held()
        except LedgerUnavailable:
            return None

    def _disk(self) -> int | None:
        try:
            return shutil.disk_usage(self._data).free
        except OSError:
            return None


def _told(state: State | None) -> dict[str, object]:
    """Without the reason, which names paths: the log has it."""
    if state is None:
        return {"state": "unknown"}
    shown = structs.asdict(state)
    del shown["reason"]
    return shown | {"model": Path(state.model).name}
