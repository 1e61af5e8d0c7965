"""A child that dies at a numbered line of the code in a folder, whichever one is asked for: `crash_points` light it."""

import os
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.money.forks import fork

KILLED = 9


class Fuse:
    """A trace function: counts the lines of code in `folder` and ends the process, as `kill -9` would, at `point`."""

    def __init__(self, point: int, folder: str) -> None:
        self.left, self._folder = point, folder

    def __call__(self, frame: FrameType, event: str, arg: Any) -> "Fuse | None":
        if not frame.f_code.co_filename.startswith(self._folder):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                os._exit(KILLED)
        return self


def child(work: Callable[[], None]) -> int:
    """Do it in a fork; its exit code: KILLED at its line, 0 at its end, 1 after an exception, which is told."""
    return os.waitstatus_to_exitcode(os.waitpid(fork(work), 0)[1])
