from pathlib import Path

from bench import processes


def a_process(proc: Path, pid: int, threads: dict[int, int], *, children: str = "", words: str = "", peak: int) -> None:
    for thread, nanoseconds in threads.items():
        folder = proc / str(pid) / "task" / str(thread)
        folder.mkdir(parents=True)
        (folder / "schedstat").write_text(f"{nanoseconds} 5 6\n")
        (folder / "children").write_text(children if thread == pid else "")
    (proc / str(pid) / "status").write_text(f"Name:\tx\nVmHWM:\t   {peak} kB\nVmRSS:\t 1 kB\n")
    (proc / str(pid) / "cmdline").write_bytes(words.replace(" ", "\0").encode() + b"\0")


def test_a_tree_is_counted_with_all_its_threads(tmp_path: Path) -> None:
    a_process(tmp_path, 1, {1: 100}, children="2 3 ", words="python -m proxy serve", peak=10)
    a_process(tmp_path, 2, {2: 20, 22: 3}, children="4 ", words="python -m proxy.worker --fd 3", peak=20)
    a_process(tmp_path, 3, {3: 1000}, peak=30)
    a_process(tmp_path, 4, {4: 7}, peak=40)
    a_process(tmp_path, 9, {9: 10**9}, peak=50)
    pids = processes.tree(1, tmp_path)
    assert sorted(pids) == [1, 2, 3, 4]
    assert processes.cpu(pids, tmp_path) == 1130
    assert processes.peak(pids, tmp_path) == 100 * 1024
    assert processes.running(pids, "proxy.worker", tmp_path) == [2]
