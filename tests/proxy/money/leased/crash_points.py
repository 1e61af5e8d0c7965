"""A worker in a child process that dies at a numbered line of the leased ledger's code, on real Redis and Postgres.

`python -m tests.proxy.money.leased.crash_points FIRST STEP` forks a child that dies at line FIRST, FIRST + STEP, … of
its life (`1 1`: at every line that it executes), each on fresh stores that an earlier life left unsettled; a sibling
recovers, and its books are looked at. Ends after the first child that lived to its end, and prints its number.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg

import proxy.money.leased
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.proxy.money.leased.aftermath import recovered
from tests.proxy.money.leased.life import Place, earlier, life

OURS = os.path.dirname(proxy.money.leased.__file__)
KILLED = 9
_ANEW = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class Fuse:
    """Counts the lines of the ledger's code and ends the process, as `kill -9` would, at the one that is asked for."""

    def __init__(self, point: int) -> None:
        self.left = point

    def __call__(self, frame: FrameType, event: str, arg: Any) -> "Fuse | None":
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                os._exit(KILLED)
        return self


def child(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run it in a fork; its exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(work())
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def point(redis: RedisServer, postgres: str, number: int) -> bool:
    """Whether a child died at that line of its life. Raises AssertionError when the books do not close afterwards."""
    with tempfile.TemporaryDirectory(prefix="halfpenny-point-") as folder:
        place = Place(redis, postgres, Path(folder))
        witness = os.open(place.folder / "witness", os.O_RDWR | os.O_CREAT | os.O_APPEND)

        def tell(line: str) -> None:
            os.write(witness, f"{line}\n".encode())

        async def begin() -> None:
            redis.say("FLUSHALL")
            db = await asyncpg.connect(postgres)
            await db.execute(_ANEW)
            await db.close()
            await earlier(place)
            os._exit(KILLED)

        async def live() -> None:
            sys.settrace(Fuse(number))
            await life(place, tell)

        assert child(begin) == KILLED
        code = child(live)
        assert code in (0, KILLED), f"line {number}: a life ended with {code}"
        told = os.pread(witness, 4096, 0).decode()
        os.close(witness)
        assert child(lambda: recovered(place, told)) == 0, f"line {number}: the books do not close; told:\n{told}"
        return code == KILLED


def main() -> None:
    """See the module."""
    number, step = int(sys.argv[1]), int(sys.argv[2])
    with RedisServer() as redis, PostgresServer() as postgres:
        url = postgres.database()
        while point(redis, url, number):
            number += step
    print(number)


if __name__ == "__main__":
    main()
