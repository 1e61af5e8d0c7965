"""A file system of its own in memory, which a test may fill to the last byte. Only root can mount one."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1 << 20


@contextmanager
def small_disk(where: Path, mebibytes: int) -> Iterator[Path]:
    """Mounted at this folder, which is made. Skips the test for who may not."""
    where.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", str(where))
    if subprocess.run(words, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)  # also what a failed test has open


def fill(disk: Path) -> Path:
    """Take every byte that is left. Returns the file that has them: without it there is room again."""
    path = disk / "junk"
    with path.open("ab", buffering=0) as junk:
        for size in (65536, 4096, 1):
            try:
                while True:
                    os.write(junk.fileno(), b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return path
