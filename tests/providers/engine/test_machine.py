from pathlib import Path

from providers.engine.machine import available_memory, threads, usable_cpus


def machine(root: Path, **files: str) -> Path:
    """A root folder with these files; double underscores are slashes."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def siblings(root: Path, pairs: list[str]) -> Path:
    for cpu, pair in enumerate(pairs):
        machine(root, **{f"sys__devices__system__cpu__cpu{cpu}__topology__thread_siblings_list": pair})
    return root


def test_one_core_is_left_to_the_others(tmp_path: Path) -> None:
    assert threads(range(4), siblings(tmp_path, ["0", "1", "2", "3"])) == 3


def test_two_threads_of_a_core_are_one_core(tmp_path: Path) -> None:
    assert threads(range(4), siblings(tmp_path, ["0,2", "1,3", "0,2", "1,3"])) == 1


def test_a_single_core_is_used(tmp_path: Path) -> None:
    assert threads([0], siblings(tmp_path, ["0"])) == 1


def test_the_cgroups_quota_is_the_limit(tmp_path: Path) -> None:
    siblings(tmp_path, [str(cpu) for cpu in range(16)])
    assert threads(range(16), machine(tmp_path, sys__fs__cgroup__cpu_DOT_max="250000 100000")) == 2
    assert threads(range(16), machine(tmp_path, sys__fs__cgroup__cpu_DOT_max="max 100000")) == 15


def test_the_old_cgroups_quota_counts_too(tmp_path: Path) -> None:
    siblings(tmp_path, [str(cpu) for cpu in range(8)])
    machine(tmp_path, sys__fs__cgroup__cpu__cpu_DOT_cfs_quota_us="300000\n")
    assert threads(range(8), machine(tmp_path, sys__fs__cgroup__cpu__cpu_DOT_cfs_period_us="100000\n")) == 3


def test_memory_is_the_smaller_of_machine_and_cgroup(tmp_path: Path) -> None:
    machine(tmp_path, proc__meminfo="MemTotal: 9 kB\nMemAvailable:    2048 kB\n")
    assert available_memory(tmp_path) == 2048 * 1024
    group = {"sys__fs__cgroup__memory_DOT_max": "1000000", "sys__fs__cgroup__memory_DOT_current": "400000"}
    machine(tmp_path, **group, sys__fs__cgroup__memory_DOT_stat="anon 1\ninactive_file 100000\n")
    assert available_memory(tmp_path) == 700_000


def test_unknown_memory_is_none(tmp_path: Path) -> None:
    assert available_memory(tmp_path) is None


def test_this_machine_has_cpus() -> None:
    assert threads(usable_cpus()) >= 1
