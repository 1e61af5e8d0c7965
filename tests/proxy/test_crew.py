"""Several workers and an accountant under one roof, as real processes that do what the test says."""

import asyncio
import os
import signal
from pathlib import Path

from proxy.child import Program
from proxy.crew import Crew
from tests.doubles.eventually import eventually

LIVES = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], 'a').write(f'end {sys.argv[2]}\\n'), sys.exit(0)))
open(sys.argv[1], 'a').write(f'{os.getpid()} {sys.argv[2]}\\n')
while True: time.sleep(60)
"""


def program(name: str, log: Path, code: str = LIVES) -> Program:
    return Program(name=name, words=("-c", code, str(log), name), environ=os.environ, trial=True)


def lines(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


async def test_each_is_restarted_by_itself_and_the_accountant_ends_last_f82(tmp_path: Path) -> None:
    log, told = tmp_path / "log", list[str]()
    crew = Crew([program("one", log), program("two", log)], program("books", log), told.append)
    running = asyncio.create_task(crew.run())
    await eventually(lambda: len(lines(log)) == 3)
    crew.proven()
    pids = {name: int(pid) for pid, name in lines(log)}
    os.kill(pids["one"], signal.SIGKILL)
    await eventually(lambda: len(lines(log)) == 4)
    os.kill(pids["books"], signal.SIGKILL)
    await eventually(lambda: len(lines(log)) == 5)
    assert [name for _, name in lines(log)[3:]] == ["one", "books"]
    crew.stop(signal.SIGTERM)
    assert await running == 0
    ends = [name for what, name in lines(log) if what == "end"]
    assert sorted(ends[:2]) == ["one", "two"]
    assert ends[2:] == ["books"]
    assert len(told) == 2


async def test_one_that_cannot_start_ends_them_all(tmp_path: Path) -> None:
    log, told = tmp_path / "log", list[str]()
    waits = f"import os, time\nwhile not os.path.exists({str(log)!r}): time.sleep(0.01)\nraise SystemExit(3)"
    crew = Crew([program("one", log)], program("books", log, waits), told.append)
    assert await crew.run() == 3
    assert lines(log)[-1] == ["end", "one"]
    assert told == ["books ended with exit code 3 and is not started again"]
