"""The measuring: every target in every cell, in rounds that alternate A B C A B C, so that noise falls on all alike."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

from bench import answers, processes, tools

WARM_SECONDS = 0.3
_BYTES = 700
"""The shortest body that can be a whole answer."""


class Target(Struct, frozen=True):
    """What is asked: a model at a port. `pid` is whose CPU counts, with its descendants'; None: nobody's."""

    name: str
    port: int
    model: str
    key: str = ""
    pid: int | None = None


class Cell(Struct, frozen=True):
    """How it is asked: streamed or whole, over so many connections at once."""

    stream: bool
    connections: int


CELLS = (Cell(False, 1), Cell(False, 16), Cell(True, 1), Cell(True, 16))


class Load(Struct, frozen=True):
    """What the load generator prints; times in µs."""

    all: int
    answers: int
    seconds: float
    p50: float
    p99: float
    first_p50: float


class Figures(Struct, frozen=True):
    """A target in a cell: answers per second, latencies and CPU per answer in µs."""

    rate: float
    p50: float
    p99: float
    first_p50: float
    cpu: float


Results = Mapping[tuple[str, Cell], Figures]


def measure(targets: Sequence[Target], folder: Path, core: int, rounds: int, seconds: float) -> Results:
    """The medians over all rounds."""
    found: dict[tuple[str, Cell], list[Figures]] = {}
    for number in range(rounds):
        print(f"bench: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for cell in CELLS:
            for target in targets:
                found.setdefault((target.name, cell), []).append(_once(target, cell, folder, core, seconds))
    return {where: medians(figures) for where, figures in found.items()}


def medians(figures: Sequence[Figures]) -> Figures:
    """Each figure's median."""
    names = Figures.__struct_fields__
    return Figures(**{name: median(getattr(each, name) for each in figures) for name in names})


def figures(load: Load, cpu: int) -> Figures:
    """One load and the CPU that it cost, in nanoseconds."""
    return Figures(load.answers / load.seconds, load.p50, load.p99, load.first_p50, cpu / 1e3 / max(1, load.all))


def _once(target: Target, cell: Cell, folder: Path, core: int, seconds: float) -> Figures:
    request = folder / "request"
    request.write_bytes(answers.request(target.port, target.model, target.key, stream=cell.stream))
    pids = processes.tree(target.pid) if target.pid is not None else []
    before = processes.cpu(pids)
    words = [tools.compiled("load"), target.port, cell.connections, WARM_SECONDS, seconds, request]
    words += [answers.EVENTS if cell.stream else 0, _BYTES]
    ran = subprocess.run(["taskset", "-c", str(core), *map(str, words)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{target.name}, {cell}: {ran.stderr.strip()}")
    return figures(msgspec.json.decode(ran.stdout, type=Load), processes.cpu(pids) - before)
