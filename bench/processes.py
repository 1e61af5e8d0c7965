"""What a process and all its descendants have used, from /proc."""

import os
from pathlib import Path

PROC = Path("/proc")


def tree(pid: int, proc: Path = PROC) -> list[int]:
    """This process and its descendants."""
    found = [pid]
    for parent in found:
        for children in (proc / str(parent) / "task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def cpu(pids: list[int], proc: Path = PROC) -> int:
    """Nanoseconds that the threads of these processes have run on a core."""
    threads = (thread for pid in pids for thread in (proc / str(pid) / "task").glob("*/schedstat"))
    return sum(int(thread.read_text().split()[0]) for thread in threads)


def peak(pids: list[int], proc: Path = PROC) -> int:
    """The sum of their peak resident set sizes, in bytes."""
    return sum(_peak((proc / str(pid) / "status").read_text()) for pid in pids)


def running(pids: list[int], module: str, proc: Path = PROC) -> list[int]:
    """Those of these processes whose command line names this module."""
    return [pid for pid in pids if module.encode() in (proc / str(pid) / "cmdline").read_bytes().split(b"\0")]


def cores() -> tuple[int, int]:
    """The core for mock and load, and the core for what is measured; the same one where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def _peak(status: str) -> int:
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0
