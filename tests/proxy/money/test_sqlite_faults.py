"""The ledger when processes die, disks are full and two want to write: what survives."""

import asyncio
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proxy.money.ledger import Alert, Denied, Granted, LedgerUnavailable, Notice
from proxy.money.schema import LedgerRefused
from proxy.money.sqlite import SqliteLedger
from tests.doubles.ledgers import ALICE, MONTH, hold, rows, settled, void

NOW = 77


def crashed(path: Path, to: Path) -> Path:
    """The files as `kill -9` would leave them at this moment."""
    shutil.copytree(path, to)
    return to / "ledger.db"


async def test_dispatched_holds_of_a_dead_process_are_posted_never_voided(
    ledger: SqliteLedger, tmp_path: Path, notices: list[Notice], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """F35."""
    await ledger.reserve(hold("a", 600, MONTH))
    await ledger.reserve(hold("b", 100, MONTH))
    ledger.dispatched("a", 0)
    await ledger.settle(settled("b", 7))
    there = crashed(tmp_path, tmp_path_factory.mktemp("crash") / "data")
    after = SqliteLedger(there, lambda: NOW, notices.append)
    assert rows(there.parent) == [("a", 0, "expired", 600, 600, 0), ("b", 0, "settled", 100, 7, 0)]
    assert notices == [Alert("month", 0, 500, 607)]
    assert await after.room((MONTH,)) == 393
    await after.settle(settled("a", 20))  # the truth, late, replaces the estimate once
    await after.settle(settled("a", 30))
    assert rows(there.parent)[0] == ("a", 0, "settled", 600, 20, 0)
    assert await after.room((MONTH,)) == 973
    await after.aclose()


async def test_the_stop_stays_when_late_truth_gives_money_back(
    ledger: SqliteLedger, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await ledger.reserve(hold("a", 950, MONTH))
    ledger.dispatched("a", 0)
    after = SqliteLedger(crashed(tmp_path, tmp_path_factory.mktemp("crash") / "data"), lambda: NOW, lambda _: None)
    await after.settle(settled("a", 20))
    assert await after.reserve(hold("b", 1, MONTH)) == Denied("stop", "month", 1_000, 20, 0, 1_000_000)
    await after.aclose()


async def test_what_was_latched_and_told_outlives_a_restart(tmp_path: Path, notices: list[Notice]) -> None:
    for id in ("a", "b"):
        ledger = SqliteLedger(tmp_path / "ledger.db", lambda: NOW, notices.append)
        answer = await ledger.reserve(hold(id, 920, MONTH))
        if isinstance(answer, Granted):
            await ledger.settle(settled(id, 910))
        await ledger.aclose()
    assert answer == Denied("stop", "month", 1_000, 910, 0, 1_000_000)
    assert [n.mark for n in notices if isinstance(n, Alert)] == [500, 700]


async def test_two_processes_cannot_write_one_ledger(ledger: SqliteLedger, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from proxy.money.sqlite import SqliteLedger; "
        "SqliteLedger(Path(sys.argv[1]), lambda: 0, print)"
    )
    path = str(tmp_path / "ledger.db")
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, path, stderr=asyncio.subprocess.PIPE)
    _, told = await other.communicate()
    assert other.returncode == 1
    assert b"is in use by another Halfpenny" in told
    with pytest.raises(LedgerRefused, match="in use"):
        SqliteLedger(tmp_path / "ledger.db", lambda: 0, print)


async def test_a_closed_ledger_may_be_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        ledger = SqliteLedger(tmp_path / "ledger.db", lambda: 0, print)
        await ledger.aclose()
    with pytest.raises(LedgerUnavailable):
        await ledger.reserve(hold("a", 1))


@contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_refuses_holds_and_loses_no_settle(
    ledger: SqliteLedger, tmp_path: Path, notices: list[Notice]
) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.reserve(hold("b", 50, ALICE))
    size = (tmp_path / "ledger.db-wal").stat().st_size
    with full_disk(size):
        steps = [ledger.reserve(hold("c", 10, ALICE)), ledger.settle(settled("a", 40))]
        failures = await asyncio.gather(*steps, return_exceptions=True)
        assert [type(failure) for failure in failures] == [LedgerUnavailable, LedgerUnavailable]
        failure = failures[0]
        assert isinstance(failure, LedgerUnavailable)
        assert (failure.status, failure.code, failure.retry_after) == (503, "ledger_unavailable", 1)
        assert rows(tmp_path) == [("a", 0, "held", 200, 0, 0), ("b", 0, "held", 50, 0, 0)]
    assert await ledger.reserve(hold("d", 210, ALICE)) == Granted()  # a's settle was written before it
    assert rows(tmp_path)[0] == ("a", 0, "settled", 200, 40, 0)
    assert await ledger.room((ALICE,)) == 0
    assert notices == []


async def test_the_log_is_copied_and_begins_again(ledger: SqliteLedger, tmp_path: Path) -> None:
    largest = 0
    for n in range(4_000):
        await ledger.reserve(hold(f"{n:05d}", 1, MONTH))
        await ledger.settle(void(f"{n:05d}"))
        largest = max(largest, (tmp_path / "ledger.db-wal").stat().st_size)
    assert largest < 30_000_000
    assert (tmp_path / "ledger.db").stat().st_size > 500_000
