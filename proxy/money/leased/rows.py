"""A final row of the ledger, as the book of record keeps it."""

from msgspec import Struct

from proxy.money.leased.journal import Ended
from proxy.money.ledger import Hold, State
from routing.budget import Scope

LOST = "lease/"
"""Begins the id of a row that posts a lease whose holder nobody can ask."""


class Row(Struct, frozen=True):
    """One attempt that has ended. Amounts in n$, times in epoch nanoseconds."""

    id: str
    k: int
    at: int
    ended: int
    state: State
    key: str
    asked: str
    model: str
    provider: str
    sent: str
    answered: str
    amount: int
    cost: int
    overrun: int
    baseline: int
    input: int
    output: int
    cached: int
    reasoning: int
    usage_source: str
    outcome: str
    price_version: str
    scopes: tuple[Scope, ...]


def row(hold: Hold, end: Ended) -> Row:
    """The row of a hold and its end."""
    h, e = hold, end.ending
    overrun = max(0, e.cost - end.booked) if end.state == "settled" else 0
    return Row(
        *(h.id, h.k, h.at, e.at, end.state, h.key, h.asked, h.model, h.provider, h.sent, e.answered),
        *(h.amount, end.booked, overrun, e.baseline, e.input, e.output, e.cached, e.reasoning),
        *(e.usage_source, e.outcome, h.price_version, h.scopes),
    )
