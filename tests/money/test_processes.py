"""Real processes spend, are killed at random, and lose their stores; then three books are compared.

A tenth of a tenth of `make prove`, with fixed seeds. What is random is when a kill meets its victim.
"""

import asyncio
import sys
from pathlib import Path

import pytest
from msgspec import json

from tests.doubles import postgres_server, redis_server
from tests.money.chaos import PATIENCE, Report
from tests.money.judge import Verdict

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("store", "kills", "seed"), [("accountant", 16, 1), ("leased", 12, 2), ("leased-ill", 24, 3)])
async def test_three_books_agree_after_kills_f31_f35_f36_f39_f40_f41_f52(
    store: str, kills: int, seed: int, tmp_path: Path
) -> None:
    if store != "accountant" and not (redis_server.PROGRAM and postgres_server.FOUND):
        pytest.skip(f"{redis_server.MISSING}; {postgres_server.MISSING}")
    words = ("-m", "tests.money.arenas", store, str(kills), str(seed), str(tmp_path))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdout=pipe)
    told, _ = await process.communicate()
    report = json.decode(told, type=Report)
    assert report.verdict == Verdict()
    assert report.dispatched > 1_000
    assert (report.kills, report.faults) == (kills, kills // 20 if store == "leased-ill" else 0)
    assert max(report.quiet, report.open) < PATIENCE
