"""Three books side by side: what the provider knows, the ledger's rows, and its counters."""

from collections.abc import Mapping

from msgspec import Struct

from proxy.money.books import Name
from tests.money.spender import Truth, scopes
from tests.money.stands import Found


class Books(Struct, frozen=True):
    """The ledger's two books at one moment: rows, and what each counter says is spent and held."""

    rows: Found
    counters: Mapping[Name, tuple[int, int]]


class Verdict(Struct, frozen=True):
    """What is wrong, a sentence each: over a limit, lost, charged twice (or more than once known), still held."""

    over: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    double: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.over + other.over, self.lost + other.lost, self.double + other.double, self.held + other.held
        )


def limits(truths: Mapping[str, Truth]) -> dict[Name, int]:
    """Every counter that was ever asked, with its limit."""
    asked = {(truth.team, truth.window) for truth in truths.values()}
    return {(s.rule, s.window): s.limit for team, window in asked for s in scopes(team, window)}


def passed(counters: Mapping[Name, tuple[int, int]], limits: Mapping[Name, int]) -> tuple[str, ...]:
    """Counters whose spent and held money is above the limit."""
    return tuple(
        f"{name}: {spent} + {held} > {limits[name]}"
        for name, (spent, held) in counters.items()
        if name in limits and spent + held > limits[name]
    )


def summed(rows: Found, truths: Mapping[str, Truth], state: str | None = None) -> dict[Name, int]:
    """What the rows say was booked in each counter (`held`: what is held)."""
    sums: dict[Name, int] = {}
    for (id, _), (found, amount, cost, _) in rows.items():
        money = amount if found == "held" else cost
        if (found == "held") == (state == "held") and money:
            for scope in scopes(truths[id].team, truths[id].window):
                sums[scope.rule, scope.window] = sums.get((scope.rule, scope.window), 0) + money
    return sums


def judge(books: Books, truths: Mapping[str, Truth]) -> Verdict:
    """Once all is quiet: every attempt, every counter. I1 to I7 of the protocol."""
    booked = summed(books.rows, truths)
    spent = {name: (money, 0) for name, money in booked.items()}
    every = limits(truths)
    wrong = [
        f"{name}: the counter says {books.counters.get(name, (0, 0))[0]}, its rows {booked.get(name, 0)}"
        for name in booked.keys() | books.counters.keys()
        if books.counters.get(name, (0, 0))[0] != booked.get(name, 0)
    ]
    return Verdict(
        over=passed(spent, every) + passed(books.counters, every),
        lost=tuple(said for id, truth in truths.items() if (said := _lost(id, truth, books.rows))),
        double=(*wrong, *(said for (id, _) in books.rows if (said := _double(id, truths[id], books.rows)))),
        held=tuple(f"{attempt}" for attempt, row in books.rows.items() if row[0] == "held")
        + tuple(f"{name}: {held} held" for name, (_, held) in books.counters.items() if held),
    )


def _lost(id: str, truth: Truth, rows: Found) -> str:
    """What was dispatched has a row that covers it; what was acknowledged, its true one."""
    if truth.cost is None:
        return ""
    state, amount, cost, overrun = rows.get((id, 0), ("none", 0, 0, 0))
    covers = amount >= min(truth.cost, truth.amount) if state == "expired" else cost + overrun >= truth.cost
    right = covers and state in ("expired", "settled") and not (truth.acked and state == "expired")
    return "" if right else f"{id}: cost {truth.cost} of {truth.amount}, its row says {state} {cost} + {overrun}"


def _double(id: str, truth: Truth, rows: Found) -> str:
    """Nobody pays more than the truth, once it is known, nor more than was held, nor for what was never sent."""
    state, amount, cost, overrun = rows[id, 0]
    if state == "settled":
        right = cost + overrun == (truth.cost or 0) and cost <= amount
    else:
        right = overrun == 0 and cost == (amount if state == "expired" else 0)
    right = right and amount == truth.amount
    return "" if right else f"{id}: cost {truth.cost} of {truth.amount}, its row says {state} {cost} + {overrun}"
