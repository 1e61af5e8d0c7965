"""The circuit of one candidate."""

from routing.health import CLOSED, FAILURES, FIRST_SECONDS, MOST_SECONDS, Circuit


def failing(times: int, now: float = 100.0) -> Circuit:
    circuit = CLOSED
    for _ in range(times):
        circuit = circuit.failed(now)
    return circuit


def test_a_few_failures_change_nothing() -> None:
    assert failing(FAILURES - 1).allows(100.0)


def test_failures_in_a_row_open_it_and_time_lets_a_probe_through() -> None:
    circuit = failing(FAILURES)

    assert not circuit.allows(100.0)
    assert not circuit.allows(100.0 + FIRST_SECONDS - 0.1)
    assert circuit.allows(100.0 + FIRST_SECONDS)


def test_a_failed_probe_doubles_the_pause_up_to_a_bound() -> None:
    circuit = failing(FAILURES).failed(200.0)

    assert circuit.until == 200.0 + 2 * FIRST_SECONDS
    for _ in range(50):
        circuit = circuit.failed(circuit.until)
    assert circuit.pause == MOST_SECONDS


def test_many_requests_that_fail_in_one_outage_open_it_once() -> None:
    assert failing(50) == failing(FAILURES)


def test_a_success_closes_it() -> None:
    assert failing(FAILURES).succeeded() == CLOSED


def test_a_providers_own_wish_to_wait_is_granted_at_once() -> None:
    circuit = CLOSED.failed(100.0, retry_after=7)

    assert not circuit.allows(106.0)
    assert circuit.allows(107.0)


def test_a_wish_to_wait_never_shortens_the_pause() -> None:
    assert failing(FAILURES).failed(100.0, retry_after=0.1).until == 100.0 + FIRST_SECONDS
