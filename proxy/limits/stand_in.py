"""The meter of this process alone, which stands in while the one that several share is away.

It remembers what it charged: the truth about a charge goes to the meter that took it, and to no other. A correction to
one that never saw the charge would give away what others used.
"""

from collections.abc import Callable

from proxy.limits.bucket import Charge, Verdict
from proxy.limits.meter import LocalMeter


class StandIn:
    """`clock` is monotonic, in nanoseconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._own = LocalMeter(clock)
        self._charged: dict[str, set[str]] = {}

    def decide(self, id: str, charges: tuple[Charge, ...]) -> Verdict:
        """As `LocalMeter.decide`."""
        verdict = self._own.decide(id, charges)
        if verdict.denied < 0:
            self._charged.setdefault(id, set()).update(charge.bucket.name for charge in charges)
        return verdict

    def leave(self, id: str, corrections: tuple[Charge, ...]) -> tuple[Charge, ...]:
        """The request has ended. Returns the corrections of what was charged elsewhere."""
        charged = self._charged.pop(id, None)
        if charged is None:
            return corrections
        self._own.leave(id, tuple(charge for charge in corrections if charge.bucket.name in charged))
        return tuple(charge for charge in corrections if charge.bucket.name not in charged)
