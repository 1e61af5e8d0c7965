"""A worker in a child process that dies at a numbered line of the leased ledger's code, on real Redis and Postgres.

`python -m tests.proxy.money.leased.crash_points FIRST STEP` forks a child that dies at line FIRST, FIRST + STEP, … of
its life (`1 1`: at every line that it executes), each on fresh stores that an earlier life left unsettled; a sibling
recovers, and its books are looked at. Ends after the first child that lived to its end, and prints its number.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import asyncpg

import proxy.money.leased
from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.money.fuse import KILLED, Fuse, child
from tests.proxy.money.leased.aftermath import recovered
from tests.proxy.money.leased.life import Place, earlier, life

OURS = os.path.dirname(proxy.money.leased.__file__)
_ANEW = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


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
            sys.settrace(Fuse(number, OURS))
            await life(place, tell)

        assert child(lambda: asyncio.run(begin())) == KILLED
        code = child(lambda: asyncio.run(live()))
        assert code in (0, KILLED), f"line {number}: a life ended with {code}"
        told = os.pread(witness, 4096, 0).decode()
        os.close(witness)
        assert child(lambda: asyncio.run(recovered(place, told))) == 0, (
            f"line {number}: the books do not close; told:\n{told}"
        )
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
