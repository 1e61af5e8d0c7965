"""Health: a simple circuit for each candidate, as a value with a clock.

Closed, it lets everything through; after `FAILURES` failures in a row it opens for a while that doubles each time; then
requests go there again as probes: a success closes the circuit, the first failure opens it again for all.
"""

from msgspec import Struct

FAILURES = 3
FIRST_SECONDS = 5.0
MOST_SECONDS = 300.0


class Circuit(Struct, frozen=True):
    """One candidate's circuit. `until` is when probes may go (seconds, monotonic); 0 while closed."""

    failures: int = 0
    pause: float = 0.0
    until: float = 0.0

    def allows(self, now: float) -> bool:
        """Whether a request may go there."""
        return now >= self.until

    def succeeded(self) -> "Circuit":
        """After a success: closed, and forgetful."""
        return CLOSED

    def failed(self, now: float, retry_after: float | None = None) -> "Circuit":
        """After a failure that is the provider's; `retry_after` (seconds) is its own wish, granted at once."""
        if retry_after is not None:
            until = now + min(retry_after, MOST_SECONDS)
            return Circuit(self.failures + 1, self.pause, max(self.until, until))
        if not self.allows(now):
            return self  # asked before it opened: one outage doubles the pause once, however many were in flight
        failures = self.failures + 1
        if failures < FAILURES:
            return Circuit(failures, self.pause, self.until)
        pause = min(MOST_SECONDS, self.pause * 2 or FIRST_SECONDS)
        return Circuit(failures, pause, now + pause)


CLOSED = Circuit()
