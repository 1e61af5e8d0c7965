"""Retry: whether the same candidate is tried again, and after how long. Pure.

Only before the first byte, at most once, and never for what a second try cannot mend. Falling over to the next
candidate needs no permission from here.
"""

from providers.errors import ProviderError, RateLimited, Unavailable, Unreachable

LONGEST_WAIT = 2.0
"""Seconds that a client is kept waiting for a provider's `retry-after`."""
BASE = 0.1
_WORTH_IT = (Unavailable, Unreachable)


def wait_before_retry(error: ProviderError, tries: int, others: bool, jitter: float) -> float | None:
    """Seconds until the same candidate is tried again; None: not at all.

    `tries` is how often it was tried, `others` whether another candidate remains, `jitter` a random number in 0..1.
    """
    if tries > 1 or not error.retryable or others:
        return None
    if isinstance(error, RateLimited):
        wait = error.retry_after
        return wait if wait is not None and wait <= LONGEST_WAIT else None
    if isinstance(error, _WORTH_IT):
        return BASE * (0.5 + jitter)
    return None
