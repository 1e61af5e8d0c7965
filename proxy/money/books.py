"""The ledger's arithmetic, in memory: counters of rules and open holds. No I/O; one writer.

For each rule and window: `spent` is what final rows booked, `held` what open holds may still cost, and spent + held
never passes the limit.
"""

from collections.abc import Callable, Iterable

from proxy.money.ledger import Alert, Denied, Why
from routing.budget import Scope

Name = tuple[str, int]
"""A rule and the start of its window."""
Attempt = tuple[str, int]
"""A request id and the attempt's number."""

MANY = 10_000


class Counter:
    """One rule in one window, in n$. `stopped` and `alerted` are the highest stop and alert marks reached so far."""

    __slots__ = ("alerted", "held", "spent", "stopped")

    def __init__(self, spent: int = 0, stopped: int = 0, alerted: int = 0) -> None:
        self.spent, self.stopped, self.alerted, self.held = spent, stopped, alerted, 0

    def stops(self, scope: Scope) -> bool:
        """Whether the emergency stop holds. It latches; only a mark raised above what was reached opens it again."""
        return scope.stop_at is not None and (self.spent >= scope.stop_at or self.stopped >= scope.stop_at)

    def denial(self, scope: Scope, amount: int) -> Denied | None:
        """Why a hold of that amount does not fit here; None when it does."""
        if self.stops(scope):
            return self._denied("stop", scope)
        if self.spent + max(amount, 1) > scope.limit:
            return self._denied("limit", scope)
        return self._denied("in_flight", scope) if self.spent + self.held + amount > scope.limit else None

    def _denied(self, why: Why, scope: Scope) -> Denied:
        return Denied(why, scope.rule, scope.limit, self.spent, self.held, scope.resets)

    def spend(self, scope: Scope, booked: int) -> list[Alert]:
        """Book money (negative: give it back). Returns the marks that were passed for the first time."""
        self.spent += booked
        if scope.stop_at is not None and self.spent >= scope.stop_at:
            self.stopped = max(self.stopped, scope.stop_at)
        passed = [mark for mark in scope.alerts if self.alerted < mark <= self.spent]
        self.alerted = max(passed, default=self.alerted)
        return [Alert(scope.rule, scope.window, mark, self.spent) for mark in sorted(passed)]


class Books:
    """All counters in use and all open holds. `load` reads a counter that is not in memory."""

    def __init__(self, load: Callable[[Name], Counter]) -> None:
        self._load = load
        self._counters: dict[Name, Counter] = {}
        self.holds: dict[Attempt, tuple[int, tuple[Scope, ...]]] = {}
        self.changed: dict[Name, Counter] = {}
        """Counters whose spent money changed since the last write."""

    def counter(self, scope: Scope) -> Counter:
        """The counter of a scope."""
        name = (scope.rule, scope.window)
        found = self._counters.get(name)
        if found is None:
            self._forget_idle()
            found = self._counters[name] = self._load(name)
        return found

    def denial(self, scopes: Iterable[Scope], amount: int) -> Denied | None:
        """The first rule that refuses; those that waiting does not help come first."""
        waits = None
        for scope in scopes:
            denied = self.counter(scope).denial(scope, amount)
            if denied is not None and denied.why != "in_flight":
                return denied
            waits = waits or denied
        return waits

    def take(self, attempt: Attempt, amount: int, scopes: tuple[Scope, ...]) -> None:
        """Hold an amount against every scope."""
        self.holds[attempt] = (amount, scopes)
        for scope in scopes:
            self.counter(scope).held += amount

    def release(self, attempt: Attempt) -> tuple[int, tuple[Scope, ...]] | None:
        """Give a hold back and say what it was; None when there is no such hold."""
        kept = self.holds.pop(attempt, None)
        if kept is not None:
            for scope in kept[1]:
                self.counter(scope).held -= kept[0]
        return kept

    def spend(self, scopes: Iterable[Scope], booked: int) -> list[Alert]:
        """Book money to every scope. Returns the alerts that this is worth."""
        alerts: list[Alert] = []
        for scope in scopes if booked else ():
            counter = self.counter(scope)
            alerts += counter.spend(scope, booked)
            self.changed[scope.rule, scope.window] = counter
        return alerts

    def room(self, scopes: Iterable[Scope]) -> int | None:
        """The most that `take` may hold; None when no scope limits it."""
        return min((self._room(scope) for scope in scopes), default=None)

    def held(self) -> tuple[int, int]:
        """How many holds are open, and what they hold together."""
        return len(self.holds), sum(amount for amount, _ in self.holds.values())

    def _room(self, scope: Scope) -> int:
        counter = self.counter(scope)
        return 0 if counter.stops(scope) else max(0, scope.limit - counter.spent - counter.held)

    def _forget_idle(self) -> None:
        if len(self._counters) >= MANY:
            busy = {name: c for name, c in self._counters.items() if c.held or name in self.changed}
            self._counters = busy
