"""The grown ledger against the model, on a real Redis and a real Postgres. F35, F36, F45, F46, F52."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.doubles.postgres_server import PostgresServer
from tests.doubles.redis_server import RedisServer
from tests.money.grown import GrownStand
from tests.money.machine import LedgerMachine

FEW = settings(
    max_examples=8, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def test_any_order_of_steps(servers: tuple[RedisServer, PostgresServer]) -> None:
    class GrownMachine(LedgerMachine):
        stand = staticmethod(lambda: GrownStand(*servers))

    run_state_machine_as_test(GrownMachine, settings=FEW)
