"""`python -m bench.leases`: the CPU that an attempt takes on Redis and Postgres with leases, shipping included.

Starts servers of its own, on sockets in a folder that is removed; without them it says what is missing.
"""

import asyncio
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import uvloop

from bench.ledger import ROUNDS, one
from proxy.money.ledger import Ledger
from tests.doubles import postgres_server, redis_server

LANES, TURNS = 16, 500
BAR = 40
"""µs that an attempt may take, amortised."""
UNHURRIED = 5.0


async def measure(redis: str, postgres: str, folder: Path) -> float:
    """CPU µs of an attempt, the best of several rounds: sixteen at a time, until Redis was told of the last one."""
    from proxy.money.leased.opening import open_leased  # the clients of both servers: the extra `grown`

    ledger = await open_leased(redis, postgres, folder, lambda notice: None, timeout=UNHURRIED)
    best = float("inf")
    for turn in range(ROUNDS):
        started = process_time()
        await asyncio.gather(*(_lane(ledger, f"0193a1b2-{turn:04x}-7bbb-8{lane:03x}") for lane in range(LANES)))
        await ledger.flush()
        best = min(best, (process_time() - started) / (LANES * TURNS) * 1e6)
    await ledger.aclose()
    return best


async def _lane(ledger: Ledger, prefix: str) -> None:
    for turn in range(TURNS):
        await one(ledger, f"{prefix}-{turn:012d}")
        await asyncio.sleep(0)


def main() -> int:
    """Print the line, or what is missing for it."""
    if not redis_server.PROGRAM or not postgres_server.FOUND:
        print(f"bench.leases: {'; '.join((redis_server.MISSING, postgres_server.MISSING))}", file=sys.stderr)
        return 0
    if find_spec("redis") is None or find_spec("asyncpg") is None:
        print("bench.leases: needs the extra `grown`: pip install -e '.[grown]'", file=sys.stderr)
        return 0
    with (
        redis_server.RedisServer() as redis,
        postgres_server.PostgresServer() as postgres,
        tempfile.TemporaryDirectory(prefix="bench-leases-") as folder,
    ):
        micros: float = uvloop.run(measure(redis.url, postgres.database(), Path(folder)))
    print(f"| Redis + Postgres, leases | {LANES} | {micros:.1f} | {BAR} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
