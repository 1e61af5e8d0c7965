"""Retry: whether the same candidate is tried again, and after how long.

Only before the first byte, at most once, and never for what a second try cannot mend. Falling over to the next
candidate needs no permission from here. Retries of all requests together are bounded, so that an outage is not
multiplied by those who ask twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from providers.errors import ProviderError, RateLimited, Unavailable, Unreachable

LONGEST_WAIT = 2.0
"""Seconds that a client is kept waiting for a provider's `retry-after`."""
BASE = 0.1
SHARE = 0.2
FLOOR = 3
_WORTH_IT = (Unavailable, Unreachable)


def wait_before_retry(
    error: ProviderError, tries: int, others: bool, jitter: float, left: float | None = None
) -> float | None:
    """Seconds until the same candidate is tried again; None: not at all.

    `tries` is how often it was tried, `others` whether another candidate remains, `jitter` a random number in 0..1,
    `left` the seconds that the request still has (None: no limit of its own).
    """
    if tries > 1 or not error.retryable or others:
        return None
    wait = None
    if isinstance(error, RateLimited):
        if error.retry_after is not None and error.retry_after <= LONGEST_WAIT:
            wait = error.retry_after
    elif isinstance(error, _WORTH_IT):
        wait = BASE * (0.5 + jitter)
    return None if wait is not None and left is not None and wait >= left else wait


class RetryBudget:
    """Of the requests that wait for an answer, at most `SHARE` may be retries at a time, but always `FLOOR`."""

    def __init__(self) -> None:
        self.waiting = 0
        self.retrying = 0

    def lets(self) -> bool:
        """Whether one more may be tried again."""
        return self.retrying < max(FLOOR, int(SHARE * self.waiting))

    @contextmanager
    def one(self) -> Iterator[None]:
        """While a request waits for its second try, and during it."""
        self.retrying += 1
        try:
            yield
        finally:
            self.retrying -= 1
