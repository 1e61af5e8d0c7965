"""What all replicas used, read by one operator's command."""

import asyncio
import json
from argparse import Namespace
from io import StringIO
from pathlib import Path

import pytest

from proxy.cli import usage as command
from proxy.money.leased.usage import shared_usage
from proxy.money.schema import LedgerRefused
from tests.doubles.ledgers import MONTH, hold, settled, void
from tests.doubles.stores import Stores

DAY = 86_400 * 10**9


async def spend(stores: Stores) -> None:
    """Two replicas, two keys, one attempt that never left."""
    async with stores.worker() as one, stores.worker() as two:
        for ledger, id, key, at, cost in (
            *((one, "a", "key_a", DAY, 7), (two, "b", "key_a", DAY, 5)),
            *((two, "c", "key_b", 2 * DAY, 1), (one, "d", "key_b", DAY, 0)),
        ):
            await ledger.reserve(hold(id, 10, MONTH, key=key, at=at))
            await ledger.settle(settled(id, cost, baseline=2 * cost) if cost else void(id))


async def test_rows_of_all_replicas_are_summed(stores: Stores) -> None:
    assert await shared_usage(stores.url) == []
    await spend(stores)
    lines = await shared_usage(stores.url, ("key", "day"))
    assert [(line.group, line.requests, line.cost, line.saved, line.held) for line in lines] == [
        (("key_a", "1970-01-02"), 2, 12, 12, 0),
        (("key_b", "1970-01-03"), 1, 1, 1, 0),
    ]
    (whole,) = await shared_usage(stores.url, (), since=DAY, until=2 * DAY)
    assert (whole.group, whole.requests, whole.input, whole.output, whole.cost) == ((), 2, 20, 10, 12)


async def test_a_newer_book_and_one_that_is_away_are_refused(stores: Stores) -> None:
    async with stores.worker() as ledger:
        await ledger.book.fetch("UPDATE halfpenny SET version = version + 1 RETURNING 1")  # type: ignore[attr-defined]
    with pytest.raises(LedgerRefused, match="newer"):
        await shared_usage(stores.url)
    with pytest.raises(LedgerRefused, match="newer"):
        async with stores.worker():
            pass
    with pytest.raises(LedgerRefused, match="cannot be asked"):
        await shared_usage("postgresql://nobody@/none?host=" + str(stores.folder))


def test_the_command_reads_the_store_that_the_configuration_names(
    stores: Stores, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(spend(stores))
    config = tmp_path / "config.yaml"
    config.write_text(f"store: {{redis: '{stores.redis.url}', postgres: '{stores.url}'}}\n")
    out = StringIO()
    args = Namespace(config=config, environ={}, data=tmp_path, by=("key",), since=0, json=True)
    assert command.run(args, out) == 0
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["key"], line["cost"]) for line in said] == [("key_a", 12), ("key_b", 1)]
    assert "all replicas" in capsys.readouterr().err
