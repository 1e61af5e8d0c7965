"""Follows a file of outcomes for the nearest-neighbour challenger: each row that is appended is learned within seconds.

`halfpenny router collect` writes such a file. The challenger's opinion stands in the records beside the decision, so
that it can be compared, and decides nothing.
"""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from routing.classifier.features import features
from routing.classifier.neighbours import Neighbours, hashed
from routing.classifier.rows import user

SIZE, NEAREST = 2_048, 100
"""Outcomes that are held: 4 MB, and a quarter of a millisecond a reading."""
EVERY = 2.0
"""Seconds between two looks at the file."""
LAST = 8 * 1024 * 1024
"""Bytes of the file's end that are read at first, and at most at a time."""
ENOUGH = 20
"""Rows by which the weakest of several models is chosen."""
_LOG = logging.getLogger("halfpenny")


class _Row(Struct, frozen=True):
    prompt: str
    weak_correct: float | bool | None = None
    scores: dict[str, float | bool] = {}


_DECODE = msgspec.json.Decoder(_Row).decode
Learned = tuple[NDArray[np.float32], float]


class Challenger:
    """Learns how good the weakest model of the rows is: `weak_correct`, or the one with the lowest mean of scores."""

    def __init__(self, path: Path) -> None:
        self.neighbours = Neighbours(SIZE, nearest=NEAREST)
        self._path, self._read, self._file = path, 0, 0
        self._model: str | None = None
        self._early: list[_Row] = []
        self._told = ""

    async def follow(self) -> None:
        """Learn what comes, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Learn the rows that have been added."""
        try:
            learned = await asyncio.to_thread(lambda: list(self._new()))
        except OSError as error:
            self._tell(f"cannot be read: {error.strerror}")
            return
        for vector, good in learned:
            self.neighbours.add(vector, good)

    def _new(self) -> Iterator[Learned]:
        for row in self._rows():
            good = row.weak_correct if row.weak_correct is not None else row.scores.get(self._model or "")
            if good is not None and 0 <= good <= 1:
                yield hashed(features(user(row.prompt))), float(good)

    def _rows(self) -> Iterator[_Row]:
        for line in self._lines():
            try:
                row = _DECODE(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                self._tell(f"holds a line that is no outcome: {error}")
                continue
            if self._model is None and row.weak_correct is None:
                self._early.append(row)
                if len(self._early) >= ENOUGH:
                    self._model, waited, self._early = _weakest(self._early), self._early, []
                    yield from waited
                continue
            yield row

    def _lines(self) -> list[bytes]:
        """Whole lines that are new; a file that was replaced or cut is read again."""
        with self._path.open("rb") as file:
            size, number = file.seek(0, 2), self._path.stat().st_ino
            fresh = number != self._file or size < self._read
            start = max(0, size - LAST) if fresh else self._read
            file.seek(start)
            data = file.read(LAST)
        whole = data.rfind(b"\n") + 1
        self._file, self._read = number, start + whole
        lines = data[:whole].splitlines()
        return lines[1:] if fresh and start else lines

    def _tell(self, why: str) -> None:
        """Once, until it is something else."""
        if why != self._told:
            self._told = why
            _LOG.warning("the challenger's outcomes: %s %s", self._path, why)


def _weakest(rows: list[_Row]) -> str:
    means: dict[str, list[float]] = {}
    for row in rows:
        for name, score in row.scores.items():
            means.setdefault(name, []).append(float(score))
    return min(means, key=lambda name: sum(means[name]) / len(means[name]), default="")
