"""Time and memory for a template, which is a program that somebody else wrote.

The time is the process's own alarm clock, the memory its address space: both hold for the main thread, where the
engine renders, and only while it does.
"""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 1.0
MEMORY = 256 * 1024 * 1024
"""Bytes that a rendering may take beyond what the process has."""
AGAIN = 0.05
"""Seconds after which the alarm rings again: Python swallows what is raised in some places."""


class OutOfBounds(Exception):
    """The template wanted more than it gets; the message says what."""


class _Alarm(BaseException):
    """No `except Exception` of a library may hold it."""


@contextmanager
def bounded(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Raises OutOfBounds when the block takes longer or more. For the main thread."""
    before = signal.signal(signal.SIGALRM, _ring)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    try:
        _allow(memory, limits)
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        yield
    except _Alarm:
        raise OutOfBounds(f"it takes longer than {seconds:g} seconds") from None
    except MemoryError:
        raise OutOfBounds(f"it takes more than {memory >> 20} MiB of memory") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, before)


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


def _ring(_number: int, _frame: object) -> None:
    raise _Alarm
