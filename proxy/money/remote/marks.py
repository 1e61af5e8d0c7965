"""The workers' journals beside the ledger, one for each: what a dead worker had dispatched.

A worker's journal has its process id in its name, and stays until that process is dead and its holds are resolved.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from proxy.money.books import Attempt
from proxy.money.journal import Journal, boot_id

_INFIX = ".dispatched."


def journal_of(ledger: Path, worker: str) -> Path:
    """Where a worker marks what it dispatched."""
    return ledger.with_name(ledger.name + _INFIX + worker)


def worker_name(pid: int, at: int) -> str:
    """A name that no other worker has or had: process id and epoch nanoseconds."""
    return f"{pid}-{at}"


class Marks:
    """All workers' journals of one ledger."""

    def __init__(self, ledger: Path, boot: str | None = None) -> None:
        self._ledger = ledger
        self._boot = boot_id() if boot is None else boot

    def dispatched(self, attempts: Iterable[Attempt], worker: str | None = None) -> list[Attempt]:
        """Those that were, or may have been; `worker` None: by whomever."""
        paths = [journal_of(self._ledger, worker)] if worker is not None else list(self._paths())
        journals = [Journal(path, self._boot) for path in paths]
        return [attempt for attempt in attempts if any(journal.dispatched(attempt) for journal in journals)]

    def forget(self, worker: str) -> None:
        """The worker is dead and its holds are resolved."""
        journal_of(self._ledger, worker).unlink(missing_ok=True)

    def forget_dead(self) -> None:
        """Drop the journals of processes that are gone; all holds of theirs are resolved."""
        for path in self._paths():
            pid = path.name.rpartition(_INFIX)[2].partition("-")[0]
            if not Journal(path, self._boot).trusted or not _lives(pid):
                path.unlink(missing_ok=True)

    def merge(self) -> None:
        """Before one process opens the ledger for itself: every worker is dead, and what they marked is its to know."""
        paths, own = list(self._paths()), self._ledger.with_name(self._ledger.name + ".dispatched")
        if not all(Journal(path, self._boot).trusted for path in paths):
            own.unlink(missing_ok=True)  # nothing is known: every hold counts as dispatched
        elif paths:
            with own.open("ab") as file:  # a file that begins here has no boot's id, and is not trusted either
                file.writelines(b"\n" + path.read_bytes() + b"\n" for path in paths)
        for path in paths:
            path.unlink()

    def _paths(self) -> Iterator[Path]:
        prefix = self._ledger.name + _INFIX
        yield from (path for path in self._ledger.parent.iterdir() if path.name.startswith(prefix))


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True
