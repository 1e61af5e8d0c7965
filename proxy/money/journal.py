"""Which held attempts were dispatched: a file of marks beside the ledger, one write(2) each.

A mark that was written survives `kill -9`, not a power cut; so the file begins with the id of the system's boot, and
after another boot nothing is known: then every hold counts as dispatched. Marks of ended attempts are harmless and are
dropped when the file has grown.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from proxy.money.books import Attempt

LARGEST = 1 << 20
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Names this boot of the system; empty where nothing tells, and then no mark is trusted."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


class Journal:
    """The marks of one ledger, written by one process."""

    def __init__(self, path: Path, boot: str) -> None:
        """Read what an earlier process left. Nothing is written before `begin`."""
        self._path = path
        self._boot = boot
        self._fd = -1
        self._size = 0
        self._marks: set[str] = set()
        self.trusted = False
        """Whether what has no mark was not dispatched."""
        self._read()

    def _read(self) -> None:
        with suppress(FileNotFoundError):
            boot, *marks = self._path.read_text(errors="replace").split("\n")
            self.trusted = bool(self._boot) and boot == self._boot
            self._marks = set(marks)

    def dispatched(self, attempt: Attempt) -> bool:
        """Whether it was, or may have been."""
        return not self.trusted or _mark(attempt) in self._marks

    def begin(self, held: Iterable[Attempt]) -> None:
        """Write the file anew with what is known of these attempts, and trust it from here on.

        Raises OSError; then the file is as it was, and goes on to take notes.
        """
        marks = {_mark(attempt) for attempt in held if self.dispatched(attempt)}
        beside = self._path.with_name(self._path.name + ".new")
        text = "\n".join((self._boot, *marks, "")).encode()
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _write(fd, text)
            os.rename(beside, self._path)
        except BaseException:
            os.close(fd)
            beside.unlink(missing_ok=True)  # a full disk's room is not for what failed
            raise
        self.close()
        self._fd, self._size, self._marks, self.trusted = fd, len(text), marks, True

    def note(self, attempt: Attempt) -> None:
        """Mark it. Returns when a `kill -9` cannot undo it. Raises OSError."""
        mark = _mark(attempt)
        if mark not in self._marks:
            line = f"\n{mark}\n".encode()  # a line of its own even after one that was cut short
            _write(self._fd, line)
            self._marks.add(mark)
            self._size += len(line)

    @property
    def grown(self) -> bool:
        """Whether `begin` should drop what has ended."""
        return self._size > LARGEST

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def _mark(attempt: Attempt) -> str:
    return f"{attempt[0]}/{attempt[1]}"


def _write(fd: int, data: bytes) -> None:
    if os.write(fd, data) != len(data):
        raise OSError("the disk is full")
