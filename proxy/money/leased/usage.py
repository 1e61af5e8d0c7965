"""Reading the book of record: what all workers on all machines used and spent, grouped like `proxy.money.usage`."""

from collections.abc import Sequence
from types import MappingProxyType

import asyncpg

from proxy.money.leased.postgres import TIMEOUT, VERSION
from proxy.money.schema import LedgerRefused
from proxy.money.usage import By, Line

_COLUMNS = MappingProxyType(
    {
        "key": "key",
        "model": "model",
        "day": "to_char(to_timestamp(at / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    }
)


async def shared_usage(
    url: str, by: Sequence[By] = ("key", "model", "day"), since: int = 0, until: int = 2**63 - 1
) -> list[Line]:
    """Sums per group, ordered by group; `since` ≤ reserved at < `until` in epoch nanoseconds.

    Running requests are not among them (`held` is 0), and rows come some 30 ms after their end. Raises LedgerRefused.
    """
    try:
        readonly = {"default_transaction_read_only": "on", "application_name": "halfpenny usage"}
        db = await asyncpg.connect(url, timeout=TIMEOUT, command_timeout=60, server_settings=readonly)
        try:
            return await _read(db, by, since, until)
        finally:
            await db.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise LedgerRefused(f"Postgres cannot be asked ({type(error).__name__}).") from None


async def _read(db: asyncpg.Connection, by: Sequence[By], since: int, until: int) -> list[Line]:
    if not await db.fetchval("SELECT to_regclass('halfpenny') IS NOT NULL"):
        return []
    if await db.fetchval("SELECT version FROM halfpenny") > VERSION:
        raise LedgerRefused("The Postgres ledger was written by a newer Halfpenny. Update Halfpenny.")
    groups = [f'{_COLUMNS[name]} COLLATE "C"' for name in by] or ["''"]
    places = ", ".join(str(place + 1) for place in range(len(groups)))
    sums = ", ".join(f"sum({column})::bigint" for column in ("input", "output", "cost", "overrun"))
    query = f"""SELECT {", ".join(groups)}, count(DISTINCT id), count(*), {sums}, 0,
        coalesce(sum(cost) FILTER (WHERE usage_source = 'estimated'), 0)::bigint, sum(baseline)::bigint
        FROM rows WHERE state <> 'void' AND outcome <> 'reclaimed' AND at >= $1 AND at < $2
        GROUP BY {places} ORDER BY {places}"""
    return [Line(tuple(row[: len(by)]), *row[len(groups) :]) for row in await db.fetch(query, since, until)]
