"""Death at lines all over the leased ledger's code, from the first connection to the last.

`python -m tests.proxy.money.leased.crash_points 1 1` dies at every single one, which takes an hour.
"""

import subprocess
import sys
from pathlib import Path

from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[4]
FIRST, STEP = 53, 197


def test_f35_f36_f40_whatever_line_it_dies_at_a_sibling_closes_the_books(
    servers: tuple[RedisServer, PostgresServer],
) -> None:
    """I1-I8, I10. `servers` says when they are missing; the lives have their own."""
    command = [sys.executable, "-m", "tests.proxy.money.leased.crash_points", str(FIRST), str(STEP)]
    ran = subprocess.run(command, capture_output=True, cwd=ROOT, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > FIRST + 10 * STEP
