"""A ledger that closes while its log is full of what came last."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from proxy.money.sqlite import SqliteLedger
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import MONTH, hold, settled
from tests.money.stands import rows


async def test_the_checkpoint_that_the_last_flush_begins_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.money.sqlite.CHECKPOINT_PAGES", 1)
    wrong: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    ledger = SqliteLedger(tmp_path / "ledger.db", lambda: 10**9, lambda notice: None, ballast=0)
    await ledger.reserve(hold("a", 100, MONTH))
    await eventually(lambda: len(asyncio.all_tasks()) == 1)  # the first checkpoint is over
    await asyncio.gather(ledger.settle(settled("a", 60)), ledger.aclose())  # both in one tick
    assert {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()} == set()
    gc.collect()
    assert wrong == []
    assert rows(tmp_path / "ledger.db") == {("a", 0): ("settled", 100, 60, 0)}
