"""What must be true of the books after a child of `crash_points` has died, wherever it was."""

import asyncio

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.postgres import PostgresBook
from proxy.money.leased.verify import complaints
from proxy.money.ledger import Denied, Granted
from tests.doubles.ledgers import hold, settled, void
from tests.money import life
from tests.money.aftermath import as_witnessed
from tests.proxy.money.leased.life import LIMIT, SCOPES, Place, patient

TRUTH = {**life.TRUTH, ("done", 0): 20}
Found = dict[tuple[str, int], tuple[str, int]]


async def recovered(place: Place, told: str) -> None:
    """Let a sibling recover what was left, and compare with what was `told`. Raises AssertionError."""
    ledger = await place.open()
    found = await rows(ledger)
    assert found["done", 0] == ("settled", 20)
    assert found["old", 0] in (("expired", 100), ("settled", 70))
    assert found["idle", 0] == ("void", 0)
    as_witnessed(found, told, {"old", "idle", "done"})
    await quiet(ledger)
    await truth(ledger, found)


async def truth(ledger: LeasedLedger, found: Found) -> None:
    """The truth comes late, twice: what was an estimate is the truth then, and exactly the rest can be spent."""
    for attempt, (state, _) in found.items():
        if state in ("expired", "settled"):
            for _ in range(2):
                await ledger.settle(settled(attempt[0], TRUTH[attempt], attempt[1]))
    found = await rows(ledger)
    assert all(cost == TRUTH[attempt] for attempt, (state, cost) in found.items() if state == "settled")
    rest = LIMIT - sum(cost for _, cost in found.values())
    assert await patient(lambda: ledger.room(SCOPES)) == rest
    assert isinstance(await ledger.reserve(hold("more", rest + 1, *SCOPES)), Denied)
    assert await ledger.reserve(hold("rest", rest, *SCOPES)) == Granted()
    await ledger.settle(void("rest"))
    await ledger.flush()
    await quiet(ledger)
    await ledger.aclose()


async def quiet(ledger: LeasedLedger) -> None:
    """The books close, at once or when what was on its way has come."""
    for _ in range(1000):
        said = await complaints(ledger)
        if not said:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(said)


async def rows(ledger: LeasedLedger) -> Found:
    """(state, cost) of every row in Postgres."""
    assert isinstance(ledger.book, PostgresBook)
    found = await ledger.book.fetch("SELECT id, k, state, cost FROM rows")
    return {(row["id"], row["k"]): (row["state"], row["cost"]) for row in found}
