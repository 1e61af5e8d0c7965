"""Any order of reserve, repeat, dispatch, settle, void, crash, clock step, limit change: each ledger against the model.

Checked after each step: I1 spent + held ≤ limit, I2 spent = Σ final rows, I3 held = Σ open holds, I4 an attempt ends
once (an estimate becomes truth once), I5 booked ≤ reserved and booked + overrun = cost, I6 nothing negative, I7 what
was dispatched has its row after a crash, I8 alerts once, I9 the window of the reserve, I10 no hold outlives its owner.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from proxy.money.books import Attempt
from proxy.money.ledger import Alert, Denied, HoldEnded, Late, Notice, Stray, UnknownHold
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled, void
from tests.money.model import Model, Row
from tests.money.stands import Stand

AMOUNTS = st.integers(0, 400)
HOUR = 3_600
MARKS = (500, 700)


class LedgerMachine(RuleBasedStateMachine):
    """A subclass says which stand: `stand = staticmethod(lambda: MemoryStand())`."""

    stand: Callable[[], Stand]
    ids = Bundle("ids")

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.store = type(self).stand()
        self.model = Model()
        self.notices: list[Notice] = []
        self.wall = 1_000 * HOUR * 10**9
        self.limit, self.made, self.last = 1_000, 0, 0
        self.seen: dict[tuple[str, int], Scope] = {}
        self.ledger = self.run(self.store.open(lambda: self.wall, self.notices.append))

    def run(self, step: Any) -> Any:
        """Wait for it on the machine's own loop."""
        return self.runner.run(step)

    def scopes(self, *, narrow: bool) -> tuple[Scope, ...]:
        """The counters of this hour by the ledger's clock."""
        self.last = self.ledger.now()
        start = self.last // 10**9 // HOUR * HOUR
        every = Scope("hour", start, start + HOUR, self.limit, stop_at=900, alerts=MARKS)
        found = (Scope("key/a", start, start + HOUR, 450), every) if narrow else (every,)
        self.seen.update({(scope.rule, scope.window): scope for scope in found})
        return found

    def take(self, id: str, amount: int, scopes: tuple[Scope, ...], before: Any = None) -> None:
        """Reserve, and compare the answer with the model's."""
        expected = self.model.verdict(amount, scopes)
        answer = self.run(self.ledger.reserve(hold(id, amount, *scopes, at=self.last), before))
        found = answer.why if isinstance(answer, Denied) else "granted"
        assert found == expected or (found == "in_flight" and expected == "granted" and not self.store.exact)
        if found == "granted":
            self.model.rows[id, 0] = Row(amount, scopes)

    @rule(target=ids, amount=AMOUNTS, narrow=st.booleans())
    def reserve(self, amount: int, narrow: bool) -> str:
        self.made += 1
        self.take(f"r{self.made}", amount, self.scopes(narrow=narrow))
        return f"r{self.made}"

    @rule(target=ids, before=ids, cost=AMOUNTS, amount=AMOUNTS)
    def next_attempt(self, before: str, cost: int, amount: int) -> str:
        if (before, 0) in self.model.rows:
            self.made += 1
            scopes = self.scopes(narrow=True)
            self.model.end((before, 0), "settled", cost)
            self.take(f"r{self.made}", amount, scopes, settled(before, cost))
        return f"r{self.made}"

    @rule(id=ids)
    def reserve_again(self, id: str) -> None:
        row = self.model.rows.get((id, 0))
        if row is not None and row.state == "held":
            self.run(self.ledger.reserve(hold(id, row.amount, *row.scopes)))
        elif row is not None:
            with pytest.raises(HoldEnded):
                self.run(self.ledger.reserve(hold(id, row.amount, *row.scopes)))

    @rule(id=ids, times=st.integers(1, 2))
    def dispatch(self, id: str, times: int) -> None:
        row = self.model.rows.get((id, 0))
        if row is not None and row.state == "held":
            row.dispatched = True
            for _ in range(times):
                self.ledger.dispatched(id, 0)

    @rule(id=ids, cost=AMOUNTS, times=st.integers(1, 2))
    def settle(self, id: str, cost: int, times: int) -> None:
        row = self.model.rows.get((id, 0))
        told = len(self.notices)
        for _ in range(times):
            if row is None:
                with pytest.raises(UnknownHold):
                    self.run(self.ledger.settle(settled(id, cost)))
            else:
                self.run(self.ledger.settle(settled(id, cost)))
        late = [Late(id, 0, cost)] * times if row is not None and row.state == "void" and cost else []
        strays = [Stray(id, 0, cost)] * times if row is None else []
        self.model.end((id, 0), "settled", cost)
        assert [n for n in self.notices[told:] if isinstance(n, Late | Stray)] == late + strays

    @rule(id=ids)
    def void(self, id: str) -> None:
        self.run(self.ledger.settle(void(id)))
        self.model.end((id, 0), "void", 0)

    @rule(seconds=st.sampled_from((1, HOUR, -HOUR, -3 * HOUR, 30 * HOUR)))
    def clock_steps(self, seconds: int) -> None:
        self.wall += seconds * 10**9

    @rule(limit=st.sampled_from((300, 600, 1_000, 2_000)))
    def limit_changes(self, limit: int) -> None:
        self.limit = limit

    @rule(kill=st.booleans())
    def restart(self, kill: bool) -> None:
        self.run(self.store.crash() if kill else self.ledger.aclose())
        self.ledger = self.run(self.store.open(lambda: self.wall, self.notices.append))
        self.model.crash()

    @invariant()
    def rows_equal_the_model(self) -> None:
        """I2, I4, I5, I6, I7, I9."""
        model: dict[Attempt, Any] = {a: (r.state, r.amount, r.cost, r.overrun) for a, r in self.model.rows.items()}
        assert self.run(self.store.rows()) == model
        counters = self.run(self.store.spent())
        assert all(counters.get(name, 0) == self.model.spent(name) for name in self.seen)

    @invariant()
    def room_is_what_the_model_says(self) -> None:
        """I1, I3, I10."""
        for scope in self.seen.values():
            room, expected = self.run(self.ledger.room((scope,))), self.model.room(scope)
            assert room == expected if self.store.exact else 0 <= room <= expected
        open_holds = [row.amount for row in self.model.rows.values() if row.state == "held"]
        assert self.ledger.held() == (len(open_holds), sum(open_holds))

    @invariant()
    def alerts_came_once(self) -> None:
        """I8."""
        told = [(n.rule, n.window, n.mark) for n in self.notices if isinstance(n, Alert)]
        assert len(told) == len(set(told))
        due = {
            ("hour", w, m) for (r, w), most in self.model.reached.items() for m in MARKS if r == "hour" and most >= m
        }
        assert set(told) == due

    @invariant()
    def the_clock_never_goes_back(self) -> None:
        """F46: not below a time that a hold carries, not after a restart either."""
        assert self.ledger.now() >= max((self.last,) if self.model.rows else (0,))

    def teardown(self) -> None:
        self.run(self.ledger.aclose())
        self.run(self.store.aclose())
        self.runner.close()
