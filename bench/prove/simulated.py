"""The simulator with fresh seeds, until so many steps of the protocol have been made on each store.

A seed that fails is told, to be kept in tests/money/seeds.txt.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from bench.prove.proof import Proof
from tests.money import virtual
from tests.money.simulator import Simulation
from tests.money.stands import MemoryStand, SqliteStand, Stand
from tests.money.witness import Verdict

STEPS = 1_000_000
ONE = 20_000
"""Steps of one seed."""
WAITING = 50
"""Real fsyncs do not hurry with virtual time: so many times fewer steps where every answer waits for one."""


def prove(name: str, stand: Callable[[], Stand], steps: int, first: int) -> Proof:
    """Seeds from `first` on until so many steps are done."""
    proof = Proof(name)
    started, seed = monotonic(), first
    done = 0
    while done < steps:
        world = Simulation(stand(), seed, min(ONE, steps))
        try:
            verdict = virtual.run(world.run())
        except AssertionError as error:
            print(f"{name} seed {seed}: {error}", file=sys.stderr)
            proof.failed += (f"seed {seed}: {error}",)
            verdict = Verdict()
        _count(proof, world, verdict, seed)
        done += world.done
        seed += 1
    proof.seconds = monotonic() - started
    return proof


def _count(proof: Proof, world: Simulation, verdict: Verdict, seed: int) -> None:
    proof.reserved += len(world.witness.attempts)
    proof.kills += world.deaths
    proof.over += verdict.over
    proof.lost += len(verdict.lost)
    proof.double += len(verdict.double)
    if verdict != Verdict():
        proof.failed += (f"seed {seed}",)


def proofs(scale: float, seed: int) -> Iterator[Proof]:
    """One for each store."""
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        stores: dict[str, Callable[[], Stand]] = {
            "memory": MemoryStand,
            "SQLite": lambda: SqliteStand(Path(tempfile.mkdtemp(dir=folder))),
            "SQLite, `power`": lambda: SqliteStand(Path(tempfile.mkdtemp(dir=folder)), "power"),
        }
        for name, stand in stores.items():
            steps = int(STEPS * scale) // (WAITING if "power" in name else 1)
            yield prove(f"simulator: {name}", stand, steps, seed)
