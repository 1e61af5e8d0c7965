"""The ledger in SQLite against the model, in both modes of durability. F35, F36, F45, F46, F52."""

import tempfile
from pathlib import Path

from hypothesis import settings

from tests.money.machine import LedgerMachine
from tests.money.stands import SqliteStand


class SqliteMachine(LedgerMachine):
    stand = staticmethod(lambda: SqliteStand(Path(tempfile.mkdtemp())))


class PowerMachine(LedgerMachine):
    stand = staticmethod(lambda: SqliteStand(Path(tempfile.mkdtemp()), "power"))


TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = settings(max_examples=50, stateful_step_count=40, deadline=None, derandomize=True)
TestPower = PowerMachine.TestCase
TestPower.settings = settings(max_examples=8, stateful_step_count=25, deadline=None, derandomize=True)
