"""What crashes leave behind in the processes that survive them: descriptors, and memory that grows with each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

PROC = Path("/proc")


class Sizes(Struct, frozen=True):
    """Of one process: open descriptors, and KiB of resident memory that no file backs."""

    descriptors: int
    memory: int


class Growth(Struct, frozen=True):
    """KiB for each crash, and the standard error of that."""

    slope: float
    error: float


def sizes(pid: int, proc: Path = PROC) -> Sizes:
    """Of this process, now."""
    status = (proc / str(pid) / "status").read_text()
    return Sizes(len(list((proc / str(pid) / "fd").iterdir())), int(status.split("RssAnon:")[1].split()[0]))


def growth(memory: Sequence[int]) -> Growth:
    """The line of least squares through a size after each crash. Raises ValueError for fewer than three of them."""
    if len(memory) < 3:
        raise ValueError("a line and its error need three points")
    at, size = np.arange(len(memory)), np.asarray(memory, float)
    (slope, level), spread = np.polyfit(at, size, 1), ((at - at.mean()) ** 2).sum()
    rest = ((size - slope * at - level) ** 2).sum() / (len(memory) - 2)
    return Growth(float(slope), float(np.sqrt(rest / spread)))
