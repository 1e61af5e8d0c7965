"""A server's watch over itself: a turn that does not end ends the process, long idleness asks it to leave.

The watch is faulthandler's thread, which needs no lock of the interpreter's: a decode, a template or a regular
expression that hangs is ended wherever it is, and where it was is written to standard error.
"""

import faulthandler
from collections.abc import Callable

REARM = 1.0
"""Seconds between two arms while there is work: each costs a thread."""


class Vigil:
    """`stall`: seconds that one turn may take (None: any); `idle`: seconds without work until it should leave.

    0: it never should. `clock` is monotonic, in seconds; `arm` and `disarm` are the alarm's.
    """

    def __init__(
        self,
        stall: float | None,
        idle: float,
        clock: Callable[[], float],
        arm: Callable[[float], None] = lambda seconds: faulthandler.dump_traceback_later(seconds, exit=True),
        disarm: Callable[[], None] = faulthandler.cancel_dump_traceback_later,
    ) -> None:
        self._stall, self._idle, self._clock = stall, idle, clock
        self._arm, self._disarm = arm, disarm
        self._armed: float | None = None
        self._since = clock()

    def rest(self, due: float | None) -> float | None:
        """Before waiting: the most seconds to wait. `due`: when work goes on, None when there is none."""
        if due is not None:
            self._since = self._clock()
            return due
        if self._armed is not None:
            self._disarm()
            self._armed = None
        return max(0.0, self._since + self._idle - self._clock()) if self._idle else None

    def work(self) -> None:
        """After waiting: a turn begins."""
        now = self._clock()
        if self._stall is not None and (self._armed is None or now - self._armed >= REARM):
            self._armed = now
            self._arm(self._stall + REARM)

    def retire(self) -> None:
        """It leaves: idleness is no news any more."""
        self._idle = 0.0

    @property
    def tired(self) -> bool:
        """Whether it has been idle for long enough."""
        return bool(self._idle) and self._clock() - self._since >= self._idle
