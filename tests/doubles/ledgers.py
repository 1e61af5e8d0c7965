"""Short ways to write holds, endings and scopes in tests of money. Amounts are nano-dollars."""

from pathlib import Path

import apsw

from proxy.money.ledger import Ending, Hold
from routing.budget import Scope

MONTH = Scope("month", 0, 1_000_000, 1_000, stop_at=900, alerts=(500, 700))
ALICE = Scope("daily/alice", 0, 86_400, 300)


def hold(id: str, amount: int, *scopes: Scope, k: int = 0, at: int = 1, key: str = "key_a", model: str = "m") -> Hold:
    """A hold of one attempt."""
    return Hold(id, k, at, key, "auto", model, "openai", "gpt-4o", amount, scopes, "2026-11-20.0")


def settled(id: str, cost: int, k: int = 0, baseline: int = 0) -> Ending:
    """An ending with its cost."""
    return Ending(id, k, 2, "settled", cost, input=10, output=5, answered="gpt-4o-2024-08-06", baseline=baseline)


def void(id: str, k: int = 0) -> Ending:
    """An ending of an attempt that was never dispatched."""
    return Ending(id, k, 2, "void", outcome="upstream_unreachable")


def rows(folder: Path) -> list[tuple[object, ...]]:
    """(id, k, state, amount, cost, overrun) of every row of the ledger in a folder."""
    db = apsw.Connection(str(folder / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
    found = list(db.execute("SELECT id, k, state, amount, cost, overrun FROM rows ORDER BY id, k"))
    db.close()
    return found
