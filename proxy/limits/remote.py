"""The meter as a worker sees it: the accountant's, which all workers share.

While the accountant is away or slow, the worker measures by itself: a limit fails open, locally.
"""

import asyncio
from collections.abc import Callable

from proxy.limits.bucket import Charge, Verdict
from proxy.limits.stand_in import StandIn
from proxy.money.ledger import LedgerUnavailable
from proxy.money.remote.frames import Admit, Leave
from proxy.money.remote.line import Line

PATIENCE = 0.25
"""Seconds that a request waits for a limit's answer."""


class RemoteMeter:
    """`proxy.limits.bucket.Meter` over the accountant's line. `clock` is monotonic, in nanoseconds."""

    def __init__(self, line: Line, clock: Callable[[], int]) -> None:
        self._line = line
        self._own = StandIn(clock)

    async def admit(self, id: str, charges: tuple[Charge, ...]) -> Verdict:
        """See `Meter.admit`."""
        try:
            async with asyncio.timeout(PATIENCE):
                verdict: Verdict = await self._line.ask(lambda n: Admit(n, id, charges))
                return verdict
        except (LedgerUnavailable, TimeoutError):
            return self._own.decide(id, charges)

    def leave(self, id: str, corrections: tuple[Charge, ...] = ()) -> None:
        """See `Meter.leave`."""
        self._line.tell(Leave(id, self._own.leave(id, corrections)))
