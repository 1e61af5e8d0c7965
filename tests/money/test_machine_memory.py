"""The ledger in memory against the model."""

from hypothesis import settings

from tests.money.machine import LedgerMachine
from tests.money.stands import MemoryStand


class MemoryMachine(LedgerMachine):
    stand = MemoryStand


TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
