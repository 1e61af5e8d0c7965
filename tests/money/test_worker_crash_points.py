"""Every point of an attempt's way at which a worker of several may be killed, alone or together with its accountant."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from proxy.places import accountant_path
from tests.doubles.crashing import AMOUNT, POINTS, TRUTH
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import rows

ROOT = Path(__file__).resolve().parents[2]
EXPECTED: dict[str, set[tuple[str, int] | None]] = {
    "connected": {None},
    "asked": {None, ("void", 0)},
    "granted": {("void", 0)},
    "marked": {("expired", AMOUNT)},
    "billed": {("expired", AMOUNT)},
    "told": {("expired", AMOUNT), ("settled", TRUTH)},
    "settled": {("settled", TRUTH)},
}
"""How its row may end, and what it costs then; None: no row."""


async def python(*words: str) -> Process:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, env=environ)


@asynccontextmanager
async def accountant(folder: Path) -> AsyncIterator[Process]:
    """A real one, over the ledger in this folder."""
    (folder / "config.yaml").write_text("server: {workers: 2}\n")
    accountant_path(folder).unlink(missing_ok=True)
    places = ("--config", str(folder / "config.yaml"), "--data", str(folder), "--run-folder", str(folder))
    process = await python("-m", "proxy.accountant", *places)
    try:
        await eventually(accountant_path(folder).exists)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def row(folder: Path) -> tuple[str, int] | None:
    """State and cost of the one row."""
    return next(((str(found[2]), int(str(found[4]))) for found in rows(folder)), None)


@pytest.mark.parametrize("together", [False, True], ids=["alone", "with-its-accountant"])
@pytest.mark.parametrize("point", range(len(POINTS)), ids=POINTS)
async def test_killed_there_nothing_is_lost_or_double_f35_f36_f82(tmp_path: Path, point: int, together: bool) -> None:
    witness = tmp_path / "witness"
    words = ("-m", "tests.doubles.crashing", str(accountant_path(tmp_path)), str(tmp_path / "ledger.db"))
    async with accountant(tmp_path) as books:
        victims = (str(books.pid),) if together else ()
        worker = await python(*words, str(point), str(witness), *victims)
        assert await worker.wait() == -signal.SIGKILL
        if not together:
            await over(tmp_path)
    if together:
        async with accountant(tmp_path) as books:
            await over(tmp_path)
            assert books.returncode is None
    billed = sum(map(int, witness.read_text().split())) if witness.exists() else 0
    found = row(tmp_path)
    assert found in EXPECTED[POINTS[point]]
    assert billed <= (found[1] if found is not None else 0)


async def over(folder: Path) -> None:
    """Within five seconds nothing is held."""
    async with asyncio.timeout(5):
        while any(found[2] == "held" for found in rows(folder)):  # noqa: ASYNC110 (another process's file)
            await asyncio.sleep(0.02)
