"""Real processes and kills, round after round, each with a seed of its own and a fresh folder."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from msgspec import Struct, json

from bench.prove.proof import Proof
from tests.money import chaos, traffic

ROOT = Path(__file__).resolve().parents[2]


class SetUp(Struct, frozen=True):
    """`kills` in all at scale 1, so many of them in a `round`; `words` begin a round's command line."""

    name: str
    words: tuple[str, ...]
    kills: int
    round: int
    count: Callable[[Proof, bytes], None]


def ledger(proof: Proof, told: bytes) -> None:
    """Add a round of `tests.money.arenas`."""
    report = json.decode(told, type=chaos.Report)
    verdict = report.verdict
    proof.reserved += report.reserved
    proof.kills += report.kills + 1
    proof.faults += report.faults
    proof.over += len(verdict.over)
    proof.lost += len(verdict.lost)
    proof.double += len(verdict.double)
    proof.quiet = max(proof.quiet or 0.0, report.quiet, report.open)
    proof.failed += (*verdict.over, *verdict.lost, *verdict.double, *verdict.held)


def http(proof: Proof, told: bytes) -> None:
    """Add a round of `tests.money.traffic`."""
    report = json.decode(told, type=traffic.Report)
    proof.reserved += report.billed
    proof.kills += report.kills
    proof.over += report.over
    proof.lost += len(report.lost)
    proof.double += len(report.double)
    proof.quiet = max(proof.quiet or 0.0, report.quiet)
    proof.failed += (*report.lost, *report.double, *report.wrong)


_ARENAS, _TRAFFIC = ("-m", "tests.money.arenas"), ("-m", "tests.money.traffic")
SETUPS = (
    SetUp("SQLite, accountant, 2 workers", (*_ARENAS, "accountant"), 450, 50, ledger),
    SetUp("Redis + Postgres, 2 workers", (*_ARENAS, "leased"), 300, 50, ledger),
    SetUp("Redis + Postgres, which fail too", (*_ARENAS, "leased-ill"), 150, 50, ledger),
    SetUp("HTTP: 2 workers on SQLite", (*_TRAFFIC, "workers"), 50, 25, http),
    SetUp("HTTP: 2 replicas on Redis + Postgres", (*_TRAFFIC, "replicas"), 30, 15, http),
    SetUp("HTTP: 2 replicas, their stores fail too", (*_TRAFFIC, "replicas-ill"), 30, 15, http),
)


def proofs(scale: float, seed: int) -> Iterator[Proof]:
    """One for each set-up."""
    for setup in SETUPS:
        yield _proof(setup, max(1, int(setup.kills * scale)), seed)


def _proof(setup: SetUp, kills: int, seed: int) -> Proof:
    proof, began = Proof(setup.name), monotonic()
    while kills > 0:
        some, kills, seed = min(kills, setup.round), kills - setup.round, seed + 1
        with tempfile.TemporaryDirectory(prefix="prove-") as folder:
            words = [sys.executable, *setup.words, str(some), str(seed), folder]
            done = subprocess.run(words, cwd=ROOT, capture_output=True)
        if not done.stdout:
            proof.failed += (f"seed {seed}: {done.stderr.decode()[-1000:]}",)
            continue
        setup.count(proof, done.stdout)
        print(f"  {setup.name}: seed {seed}, {proof.kills} kills", file=sys.stderr, flush=True)
    proof.seconds = monotonic() - began
    return proof
