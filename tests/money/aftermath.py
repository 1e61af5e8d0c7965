"""What must be true of the books after a child of `crash_points` has died, wherever it was."""

from collections.abc import Mapping
from pathlib import Path

from proxy.money.sqlite import SqliteLedger
from tests.doubles.ledgers import settled
from tests.money.life import AMOUNT, BOOT, NOW, SCOPES, TRUTH
from tests.money.stands import rows, spent

Found = Mapping[tuple[str, int], tuple[str, int]]
"""State and cost of each row."""


async def reopened(folder: Path) -> None:
    """Open what it left, and compare with what its witness saw. Raises AssertionError."""
    ledger = SqliteLedger(folder / "ledger.db", lambda: NOW, lambda notice: None, boot=BOOT, ballast=4096)
    found = {attempt: (row[0], row[2]) for attempt, row in rows(folder / "ledger.db").items()}
    assert found["old", 0][0] == "expired"
    assert found["idle", 0][0] == "void"
    assert ledger.held() == (0, 0)
    as_witnessed(found, (folder / "witness").read_text(), {"old", "idle"})
    await truth(ledger, folder)


def as_witnessed(found: Found, told: str, before: set[str]) -> None:
    """Rows are as the life `told` of them; besides there are those of attempts from `before`. Raises AssertionError."""
    lines = [line.split() for line in told.splitlines()]
    seen = {(id, int(k)): what for what, id, k in lines}  # the last that was seen of each
    for attempt, what in seen.items():
        state, cost = found.get(attempt, ("none", 0))
        if what == "acked":
            assert (state, cost) == ("settled", TRUTH[attempt]), told
        elif what == "dispatched":
            assert (state, cost) in {("settled", TRUTH[attempt]), ("expired", AMOUNT[attempt])}, told
        elif what == "granted":
            assert state in ("void", "expired"), told
    assert {attempt for attempt in found if attempt[0] not in before} <= set(seen), told


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
