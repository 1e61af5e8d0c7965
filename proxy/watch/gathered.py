"""The metrics of several processes as one: each writes its exposition into a folder, whoever is asked adds them up.

What a dead process counted stays in its file, so that no sum ever goes back; its gauges are gone with it.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from proxy.watch.metrics import Metrics

LARGEST = frozenset({"halfpenny_routing_drift"})
"""Gauges of which the largest is told: a sum of distances is no distance."""
SECONDS = 1.0
"""How old another process's figures may be."""
_SUFFIX = ".prom"


class Gathered:
    """One process's file, and the sum of all of them. `name` begins with the process id."""

    def __init__(self, folder: Path, name: str, metrics: Metrics) -> None:
        self._folder, self._file, self._metrics = folder, folder / f"{name}{_SUFFIX}", metrics
        self._written = -1
        self._keeping: asyncio.Task[None] | None = None
        folder.mkdir(mode=0o700, exist_ok=True)

    def open(self) -> None:
        """Write now and then until `aclose`."""
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def aclose(self) -> None:
        """Write the last figures."""
        if self._keeping is not None:
            self._keeping.cancel()
        self._write()

    def render(self) -> bytes:
        """The text exposition format, over all processes."""
        self._write()
        total = Sum()
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            total.add(path.read_text(), lives=_lives(path.name.partition("-")[0]))
        return total.render()

    async def _keep(self) -> None:
        while True:
            if self._metrics.changes != self._written:
                self._write()
            await asyncio.sleep(SECONDS)

    def _write(self) -> None:
        self._written = self._metrics.changes
        fresh = self._file.with_suffix(".new")
        try:
            fresh.write_bytes(self._metrics.render())
            fresh.replace(self._file)
        except OSError:  # no room: the figures stay as old as they are
            return


class Sum:
    """Expositions added up, series by series."""

    def __init__(self) -> None:
        self._heads: dict[str, list[str]] = {}
        self._series: dict[str, dict[str, float]] = {}

    def add(self, text: str, lives: bool) -> None:
        """One process's exposition; of one that does not live, no gauges."""
        family, kind = "", ""
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                head = [line]
            elif line.startswith("# TYPE "):
                kind = line.split(" ", 3)[3]
                if not _birthday(family, kind):
                    self._heads.setdefault(family, [*head, line])
            elif line and not _birthday(family, kind) and (lives or kind != "gauge"):
                series, _, value = line.rpartition(" ")
                found = self._series.setdefault(family, {})
                before, now = found.get(series, 0.0), float(value)
                found[series] = max(before, now) if family in LARGEST else before + now

    def render(self) -> bytes:
        """The sum, in the order in which the families first came."""
        return "".join(f"{line}\n" for line in self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        for family, heads in self._heads.items():
            yield from heads
            for series, value in self._series.get(family, {}).items():
                yield f"{series} {'NaN' if value != value else repr(value)}"


def _birthday(family: str, kind: str) -> bool:
    """When a counter began: nothing that could be added."""
    return kind == "gauge" and family.endswith("_created")


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return False
    return True
