"""What follows a crash of a local model's process: start again after a pause, or leave it alone for longer."""

from collections.abc import Callable

from msgspec import Struct

WINDOW = 300.0
"""Seconds within which crashes count together."""
FIRST, MOST = 0.1, 30.0
"""Seconds before a restart: the first time, and at most, when one after another does not even become ready."""
ALONE, LONGEST = 30.0, 600.0
"""Seconds that it is left alone with an open circuit: the first time, doubling up to the longest."""


class Verdict(Struct, frozen=True):
    """Wait so many seconds; `open`: meanwhile, nobody may wait for it."""

    pause: float
    open: bool


class Crashes:
    """Counts one process's crashes. `limit` of them within WINDOW open the circuit (0: never); `clock` in seconds.

    After the pause the circuit is half-open: one more crash opens it again, for twice as long.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit, self._clock = limit, clock
        self._times: list[float] = []
        self._pause, self._alone = FIRST, ALONE
        self._half = False

    def crashed(self, was_ready: bool) -> Verdict:
        """A process has crashed; `was_ready`: it had been serving before."""
        now = self._clock()
        quiet = not self._times or now - self._times[-1] > WINDOW
        self._times = [time for time in self._times if now - time <= WINDOW] + [now]
        if quiet:
            self._half, self._alone = False, ALONE
        if self._limit and (self._half or len(self._times) >= self._limit):
            return self.give_up()
        # one that had been serving starts at once: its circuit, not its pause, ends a row of such crashes
        pause, self._pause = (FIRST, FIRST) if was_ready else (self._pause, min(self._pause * 2, MOST))
        return Verdict(pause, False)

    def give_up(self) -> Verdict:
        """Open the circuit, whatever was counted."""
        pause, self._alone = self._alone, min(self._alone * 2, LONGEST)
        # the pause is no quiet: what it was opened for is remembered beyond it
        self._half, self._times = True, [self._clock() + pause]
        return Verdict(pause, True)
