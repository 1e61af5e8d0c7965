"""Sums read beside the writer, equal to the rows to the nano-dollar."""

from pathlib import Path

import pytest

from proxy.money.ledger import Ending
from proxy.money.schema import LedgerRefused
from proxy.money.sqlite import SqliteLedger
from proxy.money.usage import Line, usage
from tests.doubles.ledgers import hold, settled, void

DAY = 86_400 * 10**9


async def filled(path: Path) -> SqliteLedger:
    """Two keys, two models, two days; one estimate, one void, one still running, one retry."""
    ledger = SqliteLedger(path, lambda: 0, lambda _: None)
    await ledger.reserve(hold("a", 500, key="key_a", at=DAY))
    await ledger.reserve(hold("a", 500, k=1, key="key_a", at=DAY), before=settled("a", 123, baseline=123))
    await ledger.settle(settled("a", 200, k=1, baseline=267))
    await ledger.reserve(hold("b", 500, key="key_b", model="n", at=2 * DAY))
    await ledger.settle(Ending("b", 0, 9, "settled", 77, input=1, output=2, usage_source="estimated", baseline=70))
    await ledger.reserve(hold("c", 500, key="key_b", at=2 * DAY))
    await ledger.settle(void("c"))
    await ledger.reserve(hold("d", 90, key="key_b", model="n", at=2 * DAY))
    await ledger.reserve(hold("e", 10, key="key_a", at=DAY))
    await ledger.settle(settled("e", 11, baseline=10))
    return ledger


async def test_sums_by_key_model_and_day(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = await filled(path)
    assert usage(path) == [
        Line(("key_a", "m", "1970-01-02"), 2, 3, 30, 15, 333, 1, 0, 0, 400),
        Line(("key_b", "n", "1970-01-03"), 2, 2, 1, 2, 77, 0, 90, 77, 70),
    ]
    assert [(line.group, line.cost, line.saved) for line in usage(path, ("day",))] == [
        (("1970-01-02",), 333, 67),
        (("1970-01-03",), 77, -7),
    ]
    assert [(line.group, line.cost) for line in usage(path, ("model",), since=2 * DAY)] == [(("n",), 77)]
    assert [line.cost for line in usage(path, ())] == [410]
    await ledger.aclose()
    assert [line.cost for line in usage(path, ())] == [410]


def test_no_ledger_yet_is_no_usage(tmp_path: Path) -> None:
    assert usage(tmp_path / "ledger.db") == []
    assert not (tmp_path / "ledger.db").exists()


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"x" * 5000)
    with pytest.raises(LedgerRefused):
        usage(tmp_path / "ledger.db")
