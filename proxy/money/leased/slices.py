"""A worker's slice of one counter: what it leased, what it holds and booked inside, and what it knows of the rest.

Pure arithmetic in nano-dollars. The promise: held + what the lender has not been told of yet ≤ level.
"""

from collections.abc import Iterable

from proxy.money.books import Name
from proxy.money.leased.book import Claim
from proxy.money.leased.lender import Ask, Loan
from proxy.money.ledger import Denied, Why
from routing.budget import Scope

AHEAD = 32
"""Holds of the latest size that are leased ahead."""
PART = 200
"""At most this part of a limit is leased ahead."""
RESTS = 1.0
"""Seconds without a hold after which nothing is leased ahead."""
PAUSE = 0.2
"""Seconds between asks that nobody waits for."""


class Slice:
    """One counter. `cum` is all that was booked here, `shipped` the part in the book of record, `told` the lender's.

    `spent`, `leased` and `stopped` are the whole counter's, as the lender last said at `heard` (0: never).
    """

    __slots__ = (
        *("ask", "cum", "heard", "held", "latest", "leased", "level", "name", "recalled", "scope", "shipped", "spent"),
        *("stopped", "tight", "told", "used", "waiting"),
    )

    def __init__(self, scope: Scope, cum: int = 0) -> None:
        self.name: Name = (scope.rule, scope.window)
        self.scope = scope
        self.level = self.held = self.spent = self.leased = self.stopped = self.latest = 0
        self.cum = self.shipped = self.told = cum
        self.heard = self.used = self.recalled = 0.0
        self.tight = False
        """Whether the last answer left no room for any hold that waited."""
        self.waiting: list[int] = []
        """Holds that wait for room."""
        self.ask: Ask | None = None
        """The message that is not answered yet."""

    @property
    def total(self) -> int:
        """What is spent, with what only this worker knows."""
        return self.spent + self.cum - self.told

    @property
    def idle(self) -> int:
        """What may still be held without asking."""
        return self.level - self.held - (self.cum - self.told)

    @property
    def over(self) -> bool:
        """Whether nothing is leased here, and the lender and the book of record have heard so."""
        return not self.level and self.ask is None and self.told == self.shipped == self.cum

    def stops(self, scope: Scope) -> bool:
        """Whether the emergency stop holds; only a mark raised above what was reached opens it again."""
        return scope.stop_at is not None and (self.total >= scope.stop_at or self.stopped >= scope.stop_at)

    def fits(self, scope: Scope, amount: int) -> bool:
        """Whether a hold of that amount may be taken without asking anybody."""
        total = self.total
        stop = scope.stop_at
        if not self.heard or (stop is not None and (total >= stop or self.stopped >= stop)):
            return False
        return self.level - self.held - total + self.spent >= amount and total + self.held + (amount or 1) <= (
            scope.limit + (0 if amount else self.held)
        )

    def denial(self, scope: Scope, amount: int) -> Denied | None:
        """Why it may not, as far as is known here."""
        if self.stops(scope):
            return self._denied("stop", scope)
        if self.total + max(amount, 1) > scope.limit:
            return self._denied("limit", scope)
        return None if self.fits(scope, amount) else self._denied("in_flight", scope)

    def _denied(self, why: Why, scope: Scope) -> Denied:
        return Denied(why, scope.rule, scope.limit, self.total, self.leased - self.level + self.held, scope.resets)

    def room(self, scope: Scope) -> int:
        """The most that a hold could take, as far as is known here."""
        if self.stops(scope):
            return 0
        others = self.leased - self.level
        return max(0, scope.limit - self.total - self.held - others)

    def take(self, scope: Scope, amount: int, now: float) -> None:
        """Hold it. `now` in seconds of any steady clock."""
        self.held += amount
        self.scope = scope
        self.used = now
        self.latest = amount

    def end(self, amount: int, booked: int) -> None:
        """Release a hold and book a part of it."""
        self.held -= amount
        self.cum += booked

    def next_ask(self, owner: str, seq: int, now: float) -> Ask | None:
        """The message that is due: the unanswered one again, a new one, or none. What it gives back is gone at once.

        So is what is idle when there was too little before: the lender then grants a hold's worth or nothing, so that
        no two workers each keep a part that is too small for either.
        """
        if self.ask is not None:
            return self.ask
        owed = self.held + self.cum - self.shipped
        demand = sum(self.waiting)
        need = owed + demand
        resting = now - self.used > RESTS or now < self.recalled
        ahead = 0 if resting else min(self.scope.limit // PART, AHEAD * self.latest)
        left = self.level - (self.shipped - self.told)
        want = need + ahead
        if not demand and not resting and want // 2 <= left <= 2 * want:
            want = left  # in use and well supplied
        silent = not demand and self.shipped == self.told and self.heard > 0
        if silent and (want == left or (want > left and now - self.heard < PAUSE)):
            return None
        least = self._least if self.tight else 0
        self._let_go(left - (owed if least else want))
        s = self.scope
        self.ask = Ask(self.name, owner, seq, self.shipped, owed, need, want, s.limit, s.stop_at, s.alerts, least)
        return self.ask

    @property
    def _least(self) -> int:
        return min(filter(None, self.waiting), default=0)

    def _let_go(self, amount: int) -> None:
        if amount > 0:
            self.level -= amount
            self.leased -= amount

    def answered(self, loan: Loan, now: float) -> None:
        """Take in what the lender said to the unanswered message."""
        if self.ask is not None:
            self.told = self.ask.cum
            self.ask = None
        self.level, self.spent, self.leased, self.stopped = loan.level, loan.spent, loan.leased, loan.stopped
        self.tight = self.idle < self._least
        self.heard = now

    def claim(self, shipped: int) -> Claim:
        """For the book of record: what was booked with the rows that it will have then, and what may still be."""
        return Claim(*self.name, shipped, max(0, self.level - (shipped - self.told)))

    def restart(self) -> None:
        """A new epoch: nothing but what was promised is leased, and nothing is known."""
        self.ask = None
        self.told = self.shipped
        self.level = self.held + self.cum - self.shipped
        self.spent = self.leased = self.stopped = 0
        self.heard = 0.0
        self.tight = False


def denial(asked: Iterable[tuple[Slice, Scope]], amount: int) -> Denied | None:
    """The first counter that refuses; those that waiting does not help come first."""
    waits = None
    for part, scope in asked:
        denied = part.denial(scope, amount)
        if denied is not None and denied.why != "in_flight":
            return denied
        waits = waits or denied
    return waits
