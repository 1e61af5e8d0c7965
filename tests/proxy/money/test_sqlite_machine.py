"""The ledger against a plain model: any order of reserve, repeat, settle, void, crash and window roll.

Checked after every step (numbers as in the protocol's invariants): I1 spent + held ≤ limit, I2 spent = Σ final rows,
I3 held = Σ open holds, I4 each attempt ends once (an estimate becomes truth once), I6 nothing negative, I8 alerts once.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

import apsw
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from proxy.money.ledger import Alert, Denied, Granted, Notice
from proxy.money.sqlite import SqliteLedger
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled, void

AMOUNTS = st.integers(0, 400)


class Row:
    """What the model knows of one attempt."""

    def __init__(self, amount: int, scopes: tuple[Scope, ...]) -> None:
        self.amount, self.scopes, self.state, self.cost, self.overrun = amount, scopes, "held", 0, 0

    def end(self, state: str, cost: int) -> None:
        """End it unless it has its final end."""
        if self.state in ("held", "expired"):
            self.state, self.cost, self.overrun = state, min(cost, self.amount), max(0, cost - self.amount)


class LedgerMachine(RuleBasedStateMachine):
    ids = Bundle("ids")

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.lives = self.window = self.made = 0
        self.rows: dict[str, Row] = {}
        self.notices: list[Notice] = []
        self.seen: dict[tuple[str, int], Scope] = {}
        self.stopped: set[tuple[str, int]] = set()
        self.ledger = self.open()

    def open(self) -> SqliteLedger:
        path = self.folder / str(self.lives)
        path.mkdir(exist_ok=True)
        return SqliteLedger(path / "ledger.db", lambda: 5, self.notices.append)

    def scopes(self, *, narrow: bool) -> tuple[Scope, ...]:
        month = Scope("month", self.window, self.window + 1, 1_000, stop_at=900, alerts=(500, 700))
        found = (Scope("key/a", self.window, self.window + 1, 450), month) if narrow else (month,)
        self.seen.update({(scope.rule, scope.window): scope for scope in found})
        return found

    def spent(self, scope: Scope) -> int:
        return sum(row.cost for row in self.rows.values() if row.state != "held" and scope in row.scopes)

    def held(self, scope: Scope) -> int:
        return sum(row.amount for row in self.rows.values() if row.state == "held" and scope in row.scopes)

    def expected(self, amount: int, scopes: tuple[Scope, ...]) -> str:
        """What the model answers to a new hold: granted, or why not."""
        why = "granted"
        for scope in scopes:
            if (scope.rule, scope.window) in self.stopped:
                return "stop"
            if self.spent(scope) + max(1, amount) > scope.limit:
                return "limit"
            if self.spent(scope) + self.held(scope) + amount > scope.limit:
                why = "in_flight"
        return why

    def latch(self) -> None:
        for name, scope in self.seen.items():
            if scope.stop_at is not None and self.spent(scope) >= scope.stop_at:
                self.stopped.add(name)

    def check(self, answer: Granted | Denied, expected: str, id: str, row: Row) -> None:
        assert (answer.why if isinstance(answer, Denied) else "granted") == expected
        if expected == "granted":
            self.rows[id] = row

    @rule(target=ids, amount=AMOUNTS, narrow=st.booleans())
    def reserve(self, amount: int, narrow: bool) -> str:
        self.made += 1
        id, scopes = f"r{self.made}", self.scopes(narrow=narrow)
        expected = self.expected(amount, scopes)
        self.check(self.runner.run(self.ledger.reserve(hold(id, amount, *scopes))), expected, id, Row(amount, scopes))
        return id

    @rule(target=ids, before=ids, cost=AMOUNTS, amount=AMOUNTS)
    def next_attempt(self, before: str, cost: int, amount: int) -> str:
        if before not in self.rows:
            return before
        self.made += 1
        id, scopes = f"r{self.made}", self.scopes(narrow=True)
        self.rows[before].end("settled", cost)
        self.latch()
        expected = self.expected(amount, scopes)
        step = self.ledger.reserve(hold(id, amount, *scopes), before=settled(before, cost))
        self.check(self.runner.run(step), expected, id, Row(amount, scopes))
        return id

    @rule(id=ids)
    def reserve_again(self, id: str) -> None:
        if id in self.rows and self.rows[id].state == "held":
            row = self.rows[id]
            assert self.runner.run(self.ledger.reserve(hold(id, row.amount, *row.scopes))) == Granted()

    @rule(id=ids, cost=AMOUNTS, times=st.integers(1, 2))
    def settle(self, id: str, cost: int, times: int) -> None:
        if id in self.rows:
            for _ in range(times):
                self.runner.run(self.ledger.settle(settled(id, cost)))
            self.rows[id].end("settled", cost)
            self.latch()

    @rule(id=ids)
    def void(self, id: str) -> None:
        self.runner.run(self.ledger.settle(void(id)))
        if id in self.rows:
            self.rows[id].end("void", 0)

    @rule()
    def roll(self) -> None:
        self.window += 1

    @rule(kill=st.booleans())
    def restart(self, kill: bool) -> None:
        if kill:  # the files as they lie at this moment
            shutil.copytree(self.folder / str(self.lives), self.folder / str(self.lives + 1))
        self.runner.run(self.ledger.aclose())
        self.lives += kill
        self.ledger = self.open()
        for row in self.rows.values():
            if row.state == "held":
                row.state = "void"  # nothing here was dispatched
        self.latch()

    @invariant()
    def counters_equal_the_rows_and_fit(self) -> None:
        for name, scope in self.seen.items():
            spent, held = self.spent(scope), self.held(scope)
            assert 0 <= spent + held <= scope.limit
            room = 0 if name in self.stopped else scope.limit - spent - held
            assert self.runner.run(self.ledger.room((scope,))) == room

    @invariant()
    def rows_equal_the_model(self) -> None:
        db = apsw.Connection(str(self.folder / str(self.lives) / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
        rows: list[Any] = list(db.execute("SELECT id, state, amount, cost, overrun FROM rows"))
        spent: dict[Any, Any] = {(r, w): s for r, w, s in db.execute("SELECT rule, window, spent FROM counters")}
        db.close()
        model = {id: (row.state, row.amount, row.cost, row.overrun) for id, row in self.rows.items()}
        assert {row[0]: tuple(row[1:]) for row in rows} == model
        assert all(self.spent(scope) == spent.get(name, 0) for name, scope in self.seen.items())

    @invariant()
    def alerts_came_once(self) -> None:
        told = [(n.rule, n.window, n.mark) for n in self.notices if isinstance(n, Alert)]
        assert len(told) == len(set(told))
        due = {(*name, mark) for name, s in self.seen.items() for mark in s.alerts if self.spent(s) >= mark}
        assert due <= set(told)

    def teardown(self) -> None:
        self.runner.run(self.ledger.aclose())
        self.runner.close()
        shutil.rmtree(self.folder)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
