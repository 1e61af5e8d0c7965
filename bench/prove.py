"""`python -m bench.prove`: the long version of the money tests; prints what was over, lost or double, and 0 is the bar.

The simulator runs with fresh seeds until so many steps of the protocol have been made on each store. A seed that fails
is printed, to be kept in tests/money/seeds.txt.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from msgspec import Struct

from tests.money import virtual
from tests.money.simulator import Simulation
from tests.money.stands import MemoryStand, SqliteStand, Stand
from tests.money.witness import Verdict

STEPS = 1_000_000
ONE = 20_000
"""Steps of one seed."""
WAITING = 50
"""Real fsyncs do not hurry with virtual time: so many times fewer steps where every answer waits for one."""


class Proof(Struct):
    """What so many worlds showed; `failed` are their seeds."""

    store: str
    steps: int = 0
    attempts: int = 0
    deaths: int = 0
    over: int = 0
    lost: int = 0
    double: int = 0
    seconds: float = 0.0
    failed: tuple[int, ...] = ()

    def line(self) -> str:
        """A row of the table."""
        figures = (self.steps, self.attempts, self.deaths, self.over, self.lost, self.double)
        cells = " | ".join(f"{figure:,}" for figure in figures)
        return f"| {self.store} | {cells} | {self.seconds:.0f} s | {', '.join(map(str, self.failed)) or 'none'} |"


HEAD = "| store | steps | attempts | deaths | n$ over | lost | double | took | seeds that failed |\n" + "|---" * 9 + "|"


def prove(name: str, stand: Callable[[], Stand], steps: int, first: int) -> Proof:
    """Seeds from `first` on until so many steps are done."""
    proof = Proof(name)
    started, seed = monotonic(), first
    while proof.steps < steps:
        world = Simulation(stand(), seed, min(ONE, steps))
        try:
            verdict = virtual.run(world.run())
        except AssertionError as error:
            print(f"{name} seed {seed}: {error}", file=sys.stderr)
            proof.failed += (seed,)
            verdict = Verdict()
        _count(proof, world, verdict, seed)
        seed += 1
    proof.seconds = monotonic() - started
    return proof


def _count(proof: Proof, world: Simulation, verdict: Verdict, seed: int) -> None:
    proof.steps += world.done
    proof.attempts += len(world.witness.attempts)
    proof.deaths += world.deaths
    proof.over += verdict.over
    proof.lost += len(verdict.lost)
    proof.double += len(verdict.double)
    if verdict != Verdict():
        proof.failed += (seed,)


def main() -> int:
    """Print a row for each store; 1 when anything is over, lost or double."""
    parser = argparse.ArgumentParser(prog="python -m bench.prove", description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS, help="of the protocol, on each store")
    parser.add_argument("--seed", type=int, default=1_000, help="the first one")
    args = parser.parse_args()
    failed = False
    print(HEAD)
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        stores: dict[str, Callable[[], Stand]] = {
            "memory": MemoryStand,
            "SQLite": lambda: SqliteStand(Path(tempfile.mkdtemp(dir=folder))),
            "SQLite, power": lambda: SqliteStand(Path(tempfile.mkdtemp(dir=folder)), "power"),
        }
        for name, stand in stores.items():
            steps = args.steps // WAITING if "power" in name else args.steps
            proof = prove(name, stand, steps, args.seed)
            print(proof.line(), flush=True)
            failed = failed or bool(proof.failed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
