"""The ledger in memory: the notices and refusals of its file-backed twin (the machine compares the rest)."""

import pytest

from proxy.money.ledger import Granted, HoldEnded, Notice, Overrun, Stray, UnknownHold
from proxy.money.memory import MemoryLedger
from tests.doubles.ledgers import ALICE, hold, settled


async def test_it_tells_what_the_other_one_tells() -> None:
    told: list[Notice] = []
    ledger = MemoryLedger(lambda: 1, told.append)
    assert await ledger.reserve(hold("a", 20, ALICE)) == Granted()
    await ledger.settle(settled("a", 25))
    with pytest.raises(HoldEnded):
        await ledger.reserve(hold("a", 20, ALICE))
    with pytest.raises(UnknownHold):
        await ledger.settle(settled("ghost", 5))
    assert told == [Overrun("a", 0, 5), Stray("ghost", 0, 5)]
    assert await ledger.room((ALICE,)) == 280
