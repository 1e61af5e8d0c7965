"""Whether the ledger's files are still where they were opened.

A file that was moved or removed takes every write as before, and nobody finds them again: a start makes a new ledger.
"""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic

EVERY = 0.02
"""Seconds between two looks: one costs as much as a tenth of an attempt."""


class Place:
    """`path` is the ledger's; its log is kept open in `log`, by whoever owns that descriptor. `clock` in seconds."""

    def __init__(self, path: Path, log: int, clock: Callable[[], float] = monotonic) -> None:
        self._path, self._name, self._log, self._clock = str(path), path.name, log, clock
        self._next = 0.0
        self._file = self._found()

    def _found(self) -> tuple[int, int]:
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    def lost(self) -> str:
        """Why nothing may be written now; empty when all is well. Put back, the same files are well again."""
        now = self._clock()
        if now < self._next:
            return ""
        try:
            here = self._found() == self._file and os.fstat(self._log).st_nlink > 0
        except OSError:
            here = False
        if here:
            self._next = now + EVERY
        return "" if here else f"{self._name} or its -wal was moved or removed while Halfpenny runs: put it back"
