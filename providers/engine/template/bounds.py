"""Time and memory for a template, which is a program that somebody else wrote.

The time is the process's own alarm clock, the memory its address space: both hold for the main thread, where the
engine renders, and only while it does.
"""

import resource
import signal
from pathlib import Path
from types import FrameType

SECONDS = 1.0
MEMORY = 256 * 1024 * 1024
"""Bytes that a rendering may take beyond what the process has."""
AGAIN = 0.05
"""Seconds after which the alarm rings again: Python swallows what is raised in some places."""


class OutOfBounds(Exception):
    """The template wanted more than it gets; the message says what."""


class _Alarm(BaseException):
    """No `except Exception` of a library may hold it."""


class bounded:
    """Raises OutOfBounds when the block takes longer or more. For the main thread.

    A class and not a generator: an alarm may ring while the block is being left, and must not cut that short.
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory

    def __enter__(self) -> None:
        self._limits = resource.getrlimit(resource.RLIMIT_AS)
        self._before = signal.signal(signal.SIGALRM, _ring)
        _allow(self._memory, self._limits)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, self._limits)
        signal.signal(signal.SIGALRM, self._before)
        if isinstance(error, _Alarm):
            raise OutOfBounds(f"it takes longer than {self._seconds:g} seconds") from None
        if isinstance(error, MemoryError):
            raise OutOfBounds(f"it takes more than {self._memory >> 20} MiB of memory") from None


def _allow(memory: int, limits: tuple[int, int]) -> None:
    """Lower the limit to what is in use and this many bytes; where that is not known, none is set."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return
    soft, hard = limits
    wanted = pages * resource.getpagesize() + memory
    least = min(limit for limit in (wanted, soft, hard) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (least, hard))


def _ring(_number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code in _LEAVING:
            return
        frame = frame.f_back
    raise _Alarm


_LEAVING = (bounded.__enter__.__code__, bounded.__exit__.__code__)
