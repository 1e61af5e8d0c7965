"""A lock file: one process at a time, freed by the kernel when that process dies."""

import fcntl
import os
from pathlib import Path


class Locked(Exception):
    """Another process has it. `pid` is what that one wrote, or empty."""

    def __init__(self, path: Path, pid: str) -> None:
        super().__init__(f"{path} is locked by another process{f' (pid {pid})' if pid else ''}")
        self.pid = pid


class FileLock:
    """Held from construction to `release`. Raises Locked at once when another process has it."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.read(self._fd, 20).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise Locked(path, pid) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let the next one in. The file stays: removing it would open a race."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
