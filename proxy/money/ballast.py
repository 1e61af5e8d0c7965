"""Space kept for a full disk: a file that is given up so that running requests can still be settled."""

import os
from pathlib import Path

SIZE = 16 << 20
MARGIN = 1 << 20
"""Bytes that must be free besides before it is taken again, or a full disk would seem to have room."""


class Ballast:
    """`size` bytes beside the ledger. Not whole: the disk is, or was just now, full."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self.whole = False

    def restore(self) -> bool:
        """Take the space again; says whether it could."""
        if not self.whole:
            try:
                self._take()
                self.whole = True
            except OSError:
                self._path.unlink(missing_ok=True)  # what could be taken of it is not ours to keep
        return self.whole

    def _take(self) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_size < self._size:
                os.posix_fallocate(fd, 0, self._size + MARGIN)
                os.ftruncate(fd, self._size)
        finally:
            os.close(fd)

    def free(self) -> bool:
        """Give it up; says whether there was something to give."""
        was, self.whole = self.whole, False
        self._path.unlink(missing_ok=True)
        return was
