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
from routing.retry import BASE, wait_before_retry


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
