"""What this process may use of the machine: threads and memory, with affinity and cgroup limits respected."""

import os
from collections.abc import Iterable
from pathlib import Path

ROOT = Path("/")


def threads(cpus: Iterable[int], root: Path = ROOT) -> int:
    """Threads to compute with: the physical cores behind `cpus` less one, within the cgroup's quota; at least one."""
    siblings = {_read(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list") or cpu for cpu in cpus}
    quota = _cpu_quota(root)
    cores = max(1, len(siblings) - 1)
    return cores if quota is None else max(1, min(cores, int(quota)))


def available_memory(root: Path = ROOT) -> int | None:
    """Bytes that can still be allocated; None where the system does not tell (it is not Linux)."""
    found = [value for value in (_mem_available(root), _cgroup_room(root)) if value is not None]
    return min(found, default=None)


def usable_cpus() -> list[int]:
    """The CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _read(path)
    return int(text) if text.lstrip("-").isdigit() else None


def _cpu_quota(root: Path) -> float | None:
    """The cgroup's CPUs (version 2, then 1); None without a limit."""
    quota, _, period = _read(root / "sys/fs/cgroup/cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        return int(quota) / int(period)
    old = root / "sys/fs/cgroup/cpu"
    limit, each = _number(old / "cpu.cfs_quota_us"), _number(old / "cpu.cfs_period_us")
    return limit / each if limit and each and limit > 0 else None


def _mem_available(root: Path) -> int | None:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _cgroup_room(root: Path) -> int | None:
    """What the cgroup's memory limit leaves; file pages that the kernel would drop count as free."""
    base = root / "sys/fs/cgroup"
    top = _number(base / "memory.max")
    if top is not None:
        return max(0, top - (_number(base / "memory.current") or 0) + _droppable(base / "memory.stat", "inactive_file"))
    old = base / "memory"
    top = _number(old / "memory.limit_in_bytes")
    if top is None:
        return None
    used = _number(old / "memory.usage_in_bytes") or 0
    return max(0, top - used + _droppable(old / "memory.stat", "total_inactive_file"))


def _droppable(stat: Path, name: str) -> int:
    for line in _read(stat).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return 0
