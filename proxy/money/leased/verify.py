"""Whether the books close: each counter in Redis is the sum of its rows in Postgres and of what workers have leased.

Meant for a quiet moment: a row or a lease that is on its way is no error, so ask again before believing a complaint.
"""

from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.postgres import PostgresBook
from proxy.money.leased.redis import RedisLender

_SUMS = """SELECT s->>'rule' AS rule, (s->>'window')::bigint AS "window", sum(cost)::bigint AS spent
    FROM rows, jsonb_array_elements(scopes) AS s GROUP BY 1, 2"""
_SHARES = 'SELECT rule, "window", sum(spent)::bigint AS spent FROM shares GROUP BY 1, 2'


async def complaints(ledger: LeasedLedger) -> list[str]:
    """What does not add up, a sentence each."""
    book, lender = ledger.book, ledger.lender
    assert isinstance(book, PostgresBook) and isinstance(lender, RedisLender)
    rows = {(row["rule"], row["window"]): row["spent"] for row in await book.fetch(_SUMS)}
    shares = {(row["rule"], row["window"]): row["spent"] for row in await book.fetch(_SHARES)}
    found = [
        f"{name}: rows say {rows.get(name, 0)}, shares {shares.get(name, 0)}"
        for name in rows.keys() | shares.keys()
        if rows.get(name, 0) != shares.get(name, 0)
    ]
    async for name, fields in lender.counters():
        spent, leased = int(fields["spent"]), int(fields["leased"])
        told = sum(int(value) for field, value in fields.items() if field.startswith("s:"))
        levels = sum(int(value) for field, value in fields.items() if field.startswith("l:"))
        if spent != rows.get(name, 0) or spent != told:
            found.append(f"{name}: Redis says {spent} spent and {told} told, rows {rows.get(name, 0)}")
        if leased != levels:
            found.append(f"{name}: {leased} leased, by worker {levels}")
        part = ledger.accounts.slices.get(name)
        if part is not None and int(fields.get("l:" + ledger.accounts.owner, 0)) < part.held:
            found.append(f"{name}: this worker holds more than it leased")
    return found


async def verify(ledger: LeasedLedger) -> bool:
    """Whether there is nothing to complain about."""
    return not await complaints(ledger)
