"""A worker's ledger over an accountant against the model; crashes of the worker alone, or of both. F35, F36, F45, F46,
F52."""

import tempfile
from pathlib import Path

from hypothesis import settings

from tests.money.machine import LedgerMachine
from tests.money.remote_stand import RemoteStand


class WorkerDies(LedgerMachine):
    stand = staticmethod(lambda: RemoteStand(Path(tempfile.mkdtemp()), together=False))


class BothDie(LedgerMachine):
    stand = staticmethod(lambda: RemoteStand(Path(tempfile.mkdtemp()), together=True))


TestWorkerDies = WorkerDies.TestCase
TestWorkerDies.settings = settings(max_examples=20, stateful_step_count=40, deadline=None, derandomize=True)
TestBothDie = BothDie.TestCase
TestBothDie.settings = settings(max_examples=20, stateful_step_count=40, deadline=None, derandomize=True)
