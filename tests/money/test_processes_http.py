"""The real server in processes: two workers on one file, two replicas on Redis and Postgres. Longer: `make prove`.

The provider keeps its own book in a process of its own; its bills, the rows and the counters must agree after kills.
"""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest
from msgspec import json

from routing.money import NANO
from tests.doubles import postgres_server, redis_server
from tests.doubles.eventually import in_time
from tests.money.deployments import deployed
from tests.money.provider import bills, providing
from tests.money.traffic import PATIENCE, Report, post, worst

ROOT = Path(__file__).resolve().parents[2]
MANY, OUTPUT = 200, 1_000


def needs_servers(kind: str) -> None:
    """Skip where they are missing, saying so."""
    if kind != "workers" and not (redis_server.PROGRAM and postgres_server.FOUND):
        pytest.skip(f"{redis_server.MISSING}; {postgres_server.MISSING}")


@pytest.mark.parametrize(("kind", "kills", "seed"), [("workers", 8, 1), ("replicas", 8, 2)])
async def test_bills_rows_and_counters_agree_after_kills_f31_f35_f36_f82(
    kind: str, kills: int, seed: int, tmp_path: Path
) -> None:
    needs_servers(kind)
    words = ("-m", "tests.money.traffic", kind, str(kills), str(seed), str(tmp_path))
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    report = json.decode(told, type=Report)
    assert (report.over, report.lost, report.double, report.wrong) == (0, (), (), ())
    assert report.statuses["200"] > 50
    assert "500" not in report.statuses
    assert report.kills == kills
    assert report.quiet < PATIENCE


@pytest.mark.parametrize("kind", ["workers", "replicas"])
async def test_f31_two_hundred_at_once_on_a_dollar(kind: str, tmp_path: Path) -> None:
    needs_servers(kind)
    book = tmp_path / "bills"
    fit = NANO // worst(OUTPUT)
    with providing(book) as url, deployed(kind, tmp_path, url, "$1") as deployment:
        served = [deployment.served[number % len(deployment.served)] for number in range(MANY)]
        statuses = Counter(await asyncio.gather(*(post(one, OUTPUT) for one in served)))
        assert set(statuses) == {200, 429}
        assert fit * 3 // 4 <= statuses[200]

        async def settled() -> bool:
            rows = await deployment.rows()
            return sum(row[4] for row in rows) == await deployment.counters() == sum(bills(book).values())

        await in_time(settled)
        assert sum(bills(book).values()) <= NANO
        later = [await post(one, 100) for one in deployment.served for _ in range(10)]
        assert later == [200] * len(later)
