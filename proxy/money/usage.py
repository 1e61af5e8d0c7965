"""Reading the ledger: what was used and spent, grouped. Opens the file read-only, beside a running writer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import apsw
from msgspec import Struct

from proxy.money.schema import APPLICATION, VERSION, LedgerRefused

By = Literal["key", "model", "day"]

_COLUMNS = {
    "key": "key",
    "model": "model",
    "day": "strftime('%Y-%m-%d', at / 1000000000, 'unixepoch')",
}


class Line(Struct, frozen=True):
    """Attempts that share a group. `cost` is what keys were booked and `overrun` what the operator paid on top, in n$;
    `held` what running attempts may still cost; `estimated` the part of `cost` whose usage is no provider's word;
    `baseline` what the same tokens would have cost without us."""

    group: tuple[str, ...]
    requests: int
    attempts: int
    input: int
    output: int
    cost: int
    overrun: int
    held: int
    estimated: int
    baseline: int

    @property
    def saved(self) -> int:
        """In n$; below zero when more was paid than without us."""
        return self.baseline - self.cost


def usage(path: Path, by: Sequence[By] = ("key", "model", "day"), since: int = 0, until: int = 2**63 - 1) -> list[Line]:
    """Sums per group, ordered by group; `since` ≤ reserved at < `until` in epoch nanoseconds. No ledger yet: empty.

    Attempts that were never dispatched (void) are not counted. Raises LedgerRefused.
    """
    if not path.exists():
        return []
    db = _open(path)
    groups = [_COLUMNS[name] for name in by] or ["''"]
    places = ", ".join(str(place + 1) for place in range(len(groups)))
    query = f"""SELECT {", ".join(groups)},
        count(DISTINCT id), count(*), sum(input), sum(output), sum(cost), sum(overrun),
        sum(iif(state = 'held', amount, 0)), sum(iif(usage_source = 'estimated', cost, 0)), sum({_baseline(db)})
        FROM rows WHERE state <> 'void' AND at >= ? AND at < ? GROUP BY {places} ORDER BY {places}"""
    try:
        return [Line(tuple(row[: len(by)]), *row[len(groups) :]) for row in db.execute(query, (since, until))]
    finally:
        db.close()


def _baseline(db: apsw.Connection) -> str:
    """Where it stands: rows of version 1, which no server has opened since, claim no saving."""
    return "baseline" if db.pragma("user_version") >= 2 else "cost"


def _open(path: Path) -> apsw.Connection:
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        db.set_busy_timeout(2000)
        if db.pragma("application_id") != APPLICATION or db.pragma("user_version") > VERSION:
            raise LedgerRefused(f"{path} is no ledger that this Halfpenny can read.")
    except apsw.Error as error:
        raise LedgerRefused(f"{path} cannot be read ({error}).") from error
    return db
