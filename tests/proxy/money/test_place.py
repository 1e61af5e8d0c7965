"""A ledger that is moved or removed while it is open takes no money that nobody would find again. F42, F44."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.money.ledger import Granted, LedgerUnavailable
from proxy.money.schema import LedgerRefused
from proxy.money.sqlite import SqliteLedger
from tests.doubles.eventually import eventually, in_time
from tests.doubles.ledgers import ALICE, hold, rows, settled


async def noticed(ledger: SqliteLedger) -> None:
    """It looks fifty times a second."""

    async def refuses() -> bool:
        try:
            await ledger.reserve(hold("a", 200, ALICE))  # once more: it holds once
        except LedgerUnavailable:
            return True
        return False

    await in_time(refuses)


async def refused(ledger: SqliteLedger, id: str) -> None:
    with pytest.raises(LedgerUnavailable, match=r"ledger.db or its -wal was moved or removed"):
        await ledger.reserve(hold(id, 5, ALICE))


async def test_put_back_it_goes_on_and_what_ended_meanwhile_is_written(
    ledger: SqliteLedger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = tmp_path / "elsewhere"
    await ledger.reserve(hold("a", 200, ALICE))
    (tmp_path / "ledger.db").rename(away)
    await noticed(ledger)
    for n in range(3):
        await refused(ledger, f"new{n}")
    with pytest.raises(LedgerUnavailable):
        await ledger.settle(settled("a", 40))
    away.rename(tmp_path / "ledger.db")
    await eventually(lambda: rows(tmp_path) == [("a", 0, "settled", 200, 40, 0)])  # it looks twice a second by itself
    assert await ledger.reserve(hold("b", 260, ALICE)) == Granted()
    assert [record.getMessage().split(" ")[1] for record in caplog.records] == ["or", "ledger's"]  # a line a change


def _replaced(path: Path) -> None:
    shutil.copyfile(path, path.with_name("backup"))
    path.with_name("backup").replace(path)


@pytest.mark.parametrize(
    "harm",
    [Path.unlink, lambda path: path.with_name("ledger.db-wal").unlink(), _replaced],
    ids=["removed", "log_removed", "replaced"],
)
async def test_what_is_gone_is_not_written_to(
    ledger: SqliteLedger, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    harm(tmp_path / "ledger.db")
    await noticed(ledger)
    await refused(ledger, "b")
    await refused(ledger, "c")


async def test_a_log_whose_ledger_is_gone_is_no_reason_to_begin_anew(ledger: SqliteLedger, tmp_path: Path) -> None:
    """As `kill -9` would leave it; an empty budget would be a second one."""
    await ledger.reserve(hold("a", 200, ALICE))
    (there := tmp_path / "crash").mkdir()
    shutil.copy(tmp_path / "ledger.db-wal", there)
    with pytest.raises(LedgerRefused, match=r"ledger.db is gone, but its ledger.db-wal is there: put ledger.db back"):
        SqliteLedger(there / "ledger.db", lambda: 1, lambda notice: None)
    assert [file.name for file in there.iterdir() if file.name == "ledger.db"] == []
