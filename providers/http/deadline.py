"""The time limits of one exchange, kept by one timer.

A stream moves its idle limit with every read, so the limit is only a number; the timer, when it rings, looks whether
the number has moved on, and sleeps again.
"""

import asyncio
from collections.abc import Callable

from providers.errors import TimedOut


class Deadline:
    """Rings `expired` once, when the stage's or the total time runs out."""

    __slots__ = ("_end", "_expired", "_loop", "_seconds", "_stage_end", "_timer", "_what")

    def __init__(self, total: float, expired: Callable[[TimedOut], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + total
        self._expired = expired
        self._what, self._seconds, self._stage_end = "the whole answer", total, self._end
        self._timer: asyncio.TimerHandle | None = None

    def stage(self, what: str, seconds: float) -> None:
        """Begin to wait for something else."""
        self._what, self._seconds = what, seconds
        self.touch()
        self._arm()

    def touch(self) -> None:
        """Something came: the stage's time begins anew."""
        self._stage_end = self._loop.time() + self._seconds

    def hold(self) -> None:
        """Nothing is waited for until the next stage; only the total time runs."""
        self._stage_end = self._end

    def stop(self) -> None:
        """No limit any more. Idempotent."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self.stop()
        self._timer = self._loop.call_at(min(self._stage_end, self._end), self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        if now < self._stage_end and now < self._end:
            self._arm()
            return
        self._timer = None
        what = "the whole answer" if now >= self._end else self._what
        self._expired(TimedOut(f"The upstream took too long: waited for {what}."))
