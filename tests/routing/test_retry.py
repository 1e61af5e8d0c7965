"""When the same candidate is tried again."""

import pytest

from providers.errors import (
    Broken,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TimedOut,
    Unavailable,
    Unreachable,
)
from routing.retry import BASE, FLOOR, RetryBudget, wait_before_retry


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Unavailable("down"), BASE),
        (Unreachable("refused"), BASE),
        (RateLimited("slow down", retry_after=1.5), 1.5),
        (RateLimited("slow down", retry_after=60), None),
        (RateLimited("slow down"), None),
        (TimedOut("late"), None),
        (Broken("half an answer, which may be billed"), None),
        (Rejected("no"), None),
        (QuotaExhausted("empty"), None),
    ],
)
def test_what_is_worth_another_try(error: ProviderError, wait: float | None) -> None:
    assert wait_before_retry(error, 1, others=False, jitter=0.5) == wait


def test_once_is_enough() -> None:
    assert wait_before_retry(Unavailable("down"), 2, others=False, jitter=0.5) is None


def test_another_candidate_is_better_than_waiting() -> None:
    assert wait_before_retry(Unavailable("down"), 1, others=True, jitter=0.5) is None


def test_jitter_spreads_the_tries() -> None:
    waits = [wait_before_retry(Unavailable("down"), 1, others=False, jitter=jitter) for jitter in (0.0, 1.0)]

    assert waits == [BASE * 0.5, BASE * 1.5]


@pytest.mark.parametrize(("left", "wait"), [(1.4, None), (1.6, 1.5)])
def test_f14_nobody_waits_beyond_the_requests_own_time(left: float, wait: float | None) -> None:
    limited = RateLimited("slow down", retry_after=1.5)

    assert wait_before_retry(limited, 1, others=False, jitter=0.5, left=left) == wait


@pytest.mark.parametrize(("waiting", "most"), [(1, FLOOR), (15, FLOOR), (20, 4), (100, 20)])
def test_f16_a_fifth_of_those_who_wait_may_be_retries(waiting: int, most: int) -> None:
    budget = RetryBudget()
    budget.waiting = waiting
    while budget.lets():
        budget.retrying += 1

    assert budget.retrying == most
