"""The grown ledger against the model, on a real Redis and a real Postgres. F35, F36, F45, F46, F52."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.doubles.postgres_server import FOUND, MISSING, PostgresServer
from tests.doubles.redis_server import PROGRAM, RedisServer
from tests.money.grown import GrownStand
from tests.money.machine import LedgerMachine

pytestmark = pytest.mark.skipif(not (PROGRAM and FOUND), reason=MISSING)
FEW = settings(
    max_examples=12, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def stores() -> Iterator[tuple[RedisServer, PostgresServer]]:
    with RedisServer() as redis, PostgresServer() as postgres:
        yield redis, postgres


def test_any_order_of_steps(stores: tuple[RedisServer, PostgresServer]) -> None:
    class GrownMachine(LedgerMachine):
        stand = staticmethod(lambda: GrownStand(*stores))

    run_state_machine_as_test(GrownMachine, settings=FEW)
