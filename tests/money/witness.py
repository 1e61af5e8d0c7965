"""The provider's side of the story: what was truly dispatched and what it cost, to hold the ledger's rows against."""

from collections.abc import Mapping

from msgspec import Struct

from proxy.money.books import Attempt, Name
from routing.budget import Scope
from tests.money.stands import Found


class Told(Struct):
    """One attempt: its hold, and from when it was dispatched its true cost; `acked`: the ledger said it is settled."""

    amount: int
    scopes: tuple[Scope, ...]
    cost: int | None = None
    acked: bool = False


class Verdict(Struct, frozen=True):
    """n$ that a limit was passed by; dispatched attempts whose money no row covers; attempts charged above their cost
    after the ledger had acknowledged it, and counters that are not the sum of their rows. All zero, or it is a bug."""

    over: int = 0
    lost: tuple[Attempt, ...] = ()
    double: tuple[Attempt | Name, ...] = ()


class Witness:
    """Keeps its own books."""

    def __init__(self) -> None:
        self.attempts: dict[Attempt, Told] = {}

    def judge(self, rows: Found, counters: Mapping[Name, int]) -> Verdict:
        """Compare. Every row must be of an attempt that was asked for."""
        spent: dict[Name, int] = {}
        held: dict[Name, int] = {}
        limits: dict[Name, int] = {}
        for attempt, (state, amount, cost, _) in rows.items():
            for scope in self.attempts[attempt].scopes:
                name = (scope.rule, scope.window)
                limits[name] = scope.limit
                spent[name] = spent.get(name, 0) + (cost if state != "held" else 0)
                held[name] = held.get(name, 0) + (amount if state == "held" else 0)
        over = sum(max(0, spent[name] + held[name] - limit) for name, limit in limits.items())
        wrong = [name for name in spent if counters.get(name, 0) != spent[name]]
        lost = [attempt for attempt, told in self.attempts.items() if _lost(told, rows.get(attempt))]
        double = [attempt for attempt, told in self.attempts.items() if _double(told, rows.get(attempt))]
        return Verdict(over, tuple(lost), (*double, *wrong))


def _lost(told: Told, row: tuple[str, int, int, int] | None) -> bool:
    if told.cost is None:
        return False
    if row is None:
        return True
    state, amount, cost, overrun = row
    covered = {"held": amount, "expired": amount, "settled": cost + overrun, "void": 0}[state]
    return covered < (min(told.cost, amount) if state in ("held", "expired") else told.cost)


def _double(told: Told, row: tuple[str, int, int, int] | None) -> bool:
    if row is None:
        return told.acked
    state, amount, cost, overrun = row
    charged = cost + overrun if state == "settled" else 0
    return (told.acked and state != "settled") or charged > (told.cost or 0) or cost > amount or min(cost, overrun) < 0
