"""The accountant's wall clock: never before a time that a worker's hold carries.

A wall that steps back while one worker has read it and another has not must not open a closed window again.
"""

from collections.abc import Callable


class Latest:
    """`wall` gives epoch nanoseconds."""

    def __init__(self, wall: Callable[[], int]) -> None:
        self._wall = wall
        self._seen = 0

    def __call__(self) -> int:
        """Epoch nanoseconds."""
        return max(self._wall(), self._seen)

    def see(self, at: int) -> None:
        """A hold was taken at this time."""
        self._seen = max(self._seen, at)
