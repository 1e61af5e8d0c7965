"""An open ledger and what it told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proxy.money.ledger import Notice
from proxy.money.sqlite import SqliteLedger


@pytest.fixture
def notices() -> list[Notice]:
    return []


@pytest.fixture
async def ledger(tmp_path: Path, notices: list[Notice]) -> AsyncIterator[SqliteLedger]:
    made = SqliteLedger(tmp_path / "ledger.db", lambda: 77, notices.append)
    yield made
    await made.aclose()
