"""A ledger that serves other processes keeps their holds over its own restart, until one of them has died."""

from pathlib import Path

from proxy.money.sqlite import SqliteLedger
from tests.doubles.ledgers import ALICE, hold, rows, settled


async def test_holds_are_kept_and_resolved_when_their_owner_is_dead(tmp_path: Path) -> None:
    first = SqliteLedger(tmp_path / "ledger.db", lambda: 1, lambda notice: None, boot="boot")
    for id in ("sent", "waiting", "lives"):
        await first.reserve(hold(id, 50, ALICE))
    first.dispatched("sent", 0)
    await first.aclose()

    second = SqliteLedger(tmp_path / "ledger.db", lambda: 1, lambda notice: None, boot="boot", keep=True)
    assert second.held() == (3, 150)
    assert await second.room((ALICE,)) == 150
    second.dispatched("lives", 0)
    await second.settle(settled("lives", 20))
    await second.resolve([("sent", 0), ("waiting", 0), ("lives", 0), ("unknown", 0)])
    assert [row[:3] for row in rows(tmp_path)] == [
        ("lives", 0, "settled"),
        ("sent", 0, "expired"),
        ("waiting", 0, "void"),
    ]
    assert await second.room((ALICE,)) == 300 - 20 - 50
    await second.aclose()
