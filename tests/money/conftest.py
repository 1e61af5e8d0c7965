"""A folder where an fsync costs nothing: these tests open and close thousands of ledgers."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.stores import servers, stores

__all__ = ["quick_folder", "servers", "stores"]
MEMORY = "/dev/shm"


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """Fresh, in memory where the system has such a place."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="halfpenny-test-", dir=where) as folder:
        yield Path(folder)
