"""What a ledger should do, in as few words as possible: a dictionary of rows, and sums over them."""

from proxy.money.books import Attempt, Name
from routing.budget import Scope


class Row:
    """One attempt."""

    def __init__(self, amount: int, scopes: tuple[Scope, ...]) -> None:
        self.amount, self.scopes, self.state, self.cost, self.overrun = amount, scopes, "held", 0, 0
        self.dispatched = False

    def end(self, state: str, cost: int) -> bool:
        """End it, unless it has its final end; says whether it did."""
        if self.state not in ("held", "expired"):
            return False
        self.state, self.cost, self.overrun = state, min(cost, self.amount), max(0, cost - self.amount)
        return True


class Model:
    """Rows by attempt, and what was latched."""

    def __init__(self) -> None:
        self.rows: dict[Attempt, Row] = {}
        self.stopped: dict[Name, int] = {}
        self.reached: dict[Name, int] = {}
        """The most that was ever spent in a window."""

    def spent(self, name: Name) -> int:
        return sum(row.cost for row in self.rows.values() if row.state != "held" and _counts(row, name))

    def held(self, name: Name) -> int:
        return sum(row.amount for row in self.rows.values() if row.state == "held" and _counts(row, name))

    def stops(self, scope: Scope) -> bool:
        name = (scope.rule, scope.window)
        most = max(self.stopped.get(name, 0), self.spent(name))
        return scope.stop_at is not None and most >= scope.stop_at

    def room(self, scope: Scope) -> int:
        name = (scope.rule, scope.window)
        return 0 if self.stops(scope) else max(0, scope.limit - self.spent(name) - self.held(name))

    def verdict(self, amount: int, scopes: tuple[Scope, ...]) -> str:
        """`granted`, or why not."""
        why = "granted"
        for scope in scopes:
            if self.stops(scope):
                return "stop"
            if self.spent((scope.rule, scope.window)) + max(1, amount) > scope.limit:
                return "limit"
            if self.room(scope) < amount:
                why = "in_flight"
        return why

    def end(self, attempt: Attempt, state: str, cost: int) -> None:
        """Settle or void; unknown attempts and final rows stay as they are."""
        row = self.rows.get(attempt)
        if row is not None and row.end(state, cost if state != "void" else 0):
            self._latch(row)

    def crash(self) -> None:
        """The owner died: what was dispatched costs its hold, what was not is void."""
        for row in self.rows.values():
            if row.state == "held":
                row.state, row.cost = ("expired", row.amount) if row.dispatched else ("void", 0)
                self._latch(row)

    def _latch(self, row: Row) -> None:
        for scope in row.scopes:
            name = (scope.rule, scope.window)
            spent = self.spent(name)
            self.reached[name] = max(self.reached.get(name, 0), spent)
            if scope.stop_at is not None and spent >= scope.stop_at:
                self.stopped[name] = max(self.stopped.get(name, 0), scope.stop_at)


def _counts(row: Row, name: Name) -> bool:
    return any((scope.rule, scope.window) == name for scope in row.scopes)
