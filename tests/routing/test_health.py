"""The circuit of one candidate."""

from routing.health import CLOSED, FAILURES, FIRST_SECONDS, MOST_SECONDS, PROBE_SECONDS, REFUSED_SECONDS, Circuit


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


def test_f14_a_providers_own_wish_to_wait_is_granted_at_once() -> None:
    circuit = CLOSED.cooled(100.0, 7)

    assert not circuit.allows(106.0)
    assert circuit.allows(107.0)


def test_a_wish_to_wait_never_shortens_the_pause() -> None:
    assert failing(FAILURES).cooled(100.0, 0.1).until == 100.0 + FIRST_SECONDS


def test_one_probe_goes_and_the_others_wait_for_it() -> None:
    ready = failing(FAILURES)
    probed = ready.asked(105.0)

    assert ready.allows(105.0)
    assert not probed.allows(105.0)


def test_a_probe_that_never_ends_is_replaced() -> None:
    assert failing(FAILURES).asked(105.0).allows(105.0 + PROBE_SECONDS)


def test_a_probe_that_fails_opens_it_for_twice_as_long() -> None:
    again = failing(FAILURES).asked(105.0).failed(106.0)

    assert again.until == 106.0 + 2 * FIRST_SECONDS


def test_what_is_closed_or_still_open_is_not_probed() -> None:
    for circuit in (CLOSED, failing(1), failing(FAILURES)):
        assert circuit.asked(100.0) == circuit


def test_f15_f17_what_no_request_can_mend_is_tried_again_after_a_while() -> None:
    refused = CLOSED.refused(100.0)

    assert not refused.allows(100.0 + REFUSED_SECONDS - 0.1)
    assert refused.allows(100.0 + REFUSED_SECONDS)
    assert refused.asked(140.0).refused(141.0).until == 141.0 + REFUSED_SECONDS
