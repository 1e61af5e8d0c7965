"""Health: a simple circuit for each candidate, as a value with a clock.

Closed, it lets everything through; after `FAILURES` failures in a row it opens for a while that doubles each time; then
one request goes there as a probe: its success closes the circuit, its failure opens it again.

A provider's own wish to wait opens it at once, for that time. So does a refused credential or an empty account, which
no request can mend: it is tried again every `REFUSED_SECONDS`.
"""

from typing import Literal

from msgspec import Struct, structs

FAILURES = 3
FIRST_SECONDS = 5.0
MOST_SECONDS = 300.0
PROBE_SECONDS = 10.0
"""How long one probe is waited for before another may go."""
REFUSED_SECONDS = 30.0
Why = Literal["", "failing", "cooling", "refused"]


class Circuit(Struct, frozen=True):
    """One candidate's circuit. `until` is when a probe may go (seconds, monotonic); 0 while closed.

    `at` is when it failed last; `why` it is open: what is `failing` may be tried when nobody is well, what is `cooling`
    or `refused` may not.
    """

    failures: int = 0
    pause: float = 0.0
    until: float = 0.0
    at: float = 0.0
    why: Why = ""
    probing: bool = False

    def allows(self, now: float) -> bool:
        """Whether a request may go there."""
        return now >= self.until

    def asked(self, now: float) -> "Circuit":
        """After a request has gone there: when it is a probe, others wait for what becomes of it."""
        if not self.until or not self.allows(now):
            return self
        return structs.replace(self, until=now + PROBE_SECONDS, probing=True, why="failing")

    def failed(self, now: float) -> "Circuit":
        """After a failure that is the provider's."""
        if not self.allows(now) and not self.probing:
            return self  # asked before it opened: one outage doubles the pause once, however many were in flight
        failures = self.failures + 1
        if failures < FAILURES:
            return Circuit(failures, self.pause, at=now)
        pause = min(MOST_SECONDS, self.pause * 2 or FIRST_SECONDS)
        return Circuit(failures, pause, now + pause, now, "failing")

    def cooled(self, now: float, retry_after: float, why: Why = "cooling") -> "Circuit":
        """After the provider has asked to wait for so many seconds; that never shortens a pause."""
        until = now + min(retry_after, MOST_SECONDS)
        if not self.probing and self.until > until:
            return self
        return Circuit(self.failures + 1, self.pause, until, now, why)

    def refused(self, now: float) -> "Circuit":
        """After our credential was refused, or our account is empty."""
        return Circuit(self.failures + 1, self.pause, now + REFUSED_SECONDS, now, "refused")


CLOSED = Circuit()
