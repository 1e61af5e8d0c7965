"""A time limit for an answer that counts only time in which this process could have heard it.

On a busy machine, or while the loop is held up, an answer lies in the socket's buffer and the timer is as late as its
reader: that says nothing of the one who was asked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LATE = 0.005
"""Seconds by which a timer may be late before the loop counts as held up."""
TURNS = 20
"""Times that a deadline is put off at most."""


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """Raises TimeoutError after so many seconds, and as many more as the loop was held up."""
    async with asyncio.timeout(None) as limit:
        patience = _Patience(limit, seconds)
        try:
            yield
        finally:
            patience.timer.cancel()


class _Patience:
    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit, self._seconds, self._turn = limit, seconds, 0
        self._due = self._loop.time() + seconds
        self.timer = self._loop.call_at(self._due, self._end)

    def _end(self) -> None:
        now = self._loop.time()
        late = now - self._due
        if self._turn == 0 or (late > LATE and self._turn < TURNS):
            self._turn += 1
            self._due = now + max(LATE, min(late, self._seconds))  # what lies in the buffer is read before that
            self.timer = self._loop.call_at(self._due, self._end)
        else:
            self._limit.reschedule(now)
