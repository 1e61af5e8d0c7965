"""What must be true of the books after a child of `crash_points` has died, wherever it was."""

from pathlib import Path

from proxy.money.sqlite import SqliteLedger
from tests.doubles.ledgers import settled
from tests.money.life import BOOT, NOW, SCOPES
from tests.money.stands import rows, spent

TRUTH = {("a", 0): 111, ("a", 1): 60, ("old", 0): 70}
AMOUNT = {("a", 0): 300, ("a", 1): 200, ("old", 0): 100}


async def reopened(folder: Path) -> None:
    """Open what it left, and compare with what its witness saw. Raises AssertionError."""
    told = [line.split() for line in (folder / "witness").read_text().splitlines()]
    seen = {(id, int(k)): what for what, id, k in told}  # the last that was seen of each
    ledger = SqliteLedger(folder / "ledger.db", lambda: NOW, lambda notice: None, boot=BOOT, ballast=4096)
    found = rows(folder / "ledger.db")
    assert found["old", 0][0] == "expired"
    assert found["idle", 0][0] == "void"
    assert ledger.held() == (0, 0)
    for attempt, what in seen.items():
        state, _, cost, _ = found.get(attempt, ("none", 0, 0, 0))
        if what == "acked":
            assert (state, cost) == ("settled", TRUTH[attempt]), told
        elif what == "dispatched":
            assert (state, cost) in {("settled", TRUTH[attempt]), ("expired", AMOUNT[attempt])}, told
        elif what == "granted":
            assert state in ("void", "expired"), told
    assert set(found) - {("old", 0), ("idle", 0)} <= set(seen), told
    await truth(ledger, folder)


async def truth(ledger: SqliteLedger, folder: Path) -> None:
    """The truth comes late, twice: what was an estimate is the truth then, and nothing is counted twice."""
    for attempt, (state, _, _, _) in rows(folder / "ledger.db").items():
        if state in ("expired", "settled"):
            for _ in range(2):
                await ledger.settle(settled(attempt[0], TRUTH[attempt], attempt[1]))
    found = rows(folder / "ledger.db")
    booked = sum(cost for _, _, cost, _ in found.values())
    assert all(cost == TRUTH[attempt] for attempt, (state, _, cost, _) in found.items() if state == "settled")
    assert spent(folder / "ledger.db") == {("month", 0): booked}
    assert await ledger.room(SCOPES) == 1_000 - booked
    await ledger.aclose()
