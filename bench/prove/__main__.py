"""`python -m bench.prove`: a million reservations and a thousand kills; 0 over, 0 lost, 0 double is the bar.

The simulator on virtual time, then real processes that are killed, then planted bugs that some test must catch.
`--scale 0.1` does a tenth; `--write` keeps the tables in docs/proof.md; `--no-mutants` leaves the planted bugs out.
"""

import argparse
import sys
from functools import reduce
from itertools import chain
from operator import add

from bench.mutants.__main__ import run as mutants
from bench.prove import page, processes, simulated
from bench.prove.proof import HEAD, Proof


def main() -> int:
    """Print a row for each set-up; 1 when anything is over, lost or double, or a planted bug survives."""
    parser = argparse.ArgumentParser(prog="python -m bench.prove", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1: a million reservations, a thousand kills")
    parser.add_argument("--seed", type=int, default=1_000, help="the first one")
    parser.add_argument("--write", action="store_true", help="into docs/proof.md")
    parser.add_argument("--no-mutants", dest="mutants", action="store_false", help="plant no bugs")
    args = parser.parse_args()
    proofs = shown(args.scale, args.seed)
    failed = [f"- {proof.setup}: {what}" for proof in proofs[:-1] for what in proof.failed]
    print(*failed, sep="\n")
    if args.write:
        lines = [HEAD, *(proof.line() for proof in proofs), *(["", "Wrong:", "", *failed] if failed else [])]
        page.write("result", f"`make prove` at scale {args.scale:g}, seeds from {args.seed}", lines)
    survived = mutants("", 2, args.write) if args.mutants else 0
    return int(bool(failed) or survived)


def shown(scale: float, seed: int) -> list[Proof]:
    """Each proof, printed as it comes; all of them together at the end."""
    print(HEAD, flush=True)
    every: list[Proof] = []
    for proof in chain(simulated.proofs(scale, seed), processes.proofs(scale, seed)):
        print(proof.line(), flush=True)
        every.append(proof)
    whole = reduce(add, every)
    print(whole.line(), flush=True)
    return [*every, whole]


if __name__ == "__main__":
    sys.exit(main())
