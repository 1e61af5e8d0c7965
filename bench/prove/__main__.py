"""`python -m bench.prove`: a million reservations and a thousand kills; 0 over, 0 lost, 0 double is the bar.

The simulator on virtual time, then real processes that are killed, then planted bugs that some test must catch.
`--scale 0.1` does a tenth; `--write` keeps the tables in docs/proof.md; `--no-mutants` leaves the planted bugs out.
"""

import argparse
import contextlib
import io
import sys
from collections.abc import Sequence
from functools import reduce
from itertools import chain
from operator import add
from pathlib import Path

from bench.conditions import conditions
from bench.mutants.__main__ import run as mutants
from bench.prove import processes, simulated
from bench.prove.proof import HEAD, Proof

PAGE = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"


def main() -> int:
    """Print a row for each set-up; 1 when anything is over, lost or double, or a planted bug survives."""
    parser = argparse.ArgumentParser(prog="python -m bench.prove", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1: a million reservations, a thousand kills")
    parser.add_argument("--seed", type=int, default=1_000, help="the first one")
    parser.add_argument("--write", action="store_true", help="into docs/proof.md")
    parser.add_argument("--no-mutants", dest="mutants", action="store_false", help="plant no bugs")
    args = parser.parse_args()
    proofs = shown(args.scale, args.seed)
    said = [HEAD, *(proof.line() for proof in proofs)]
    failed = [f"{proof.setup}: {what}" for proof in proofs[:-1] for what in proof.failed]
    print(*failed, sep="\n")
    planted = planting() if args.mutants else (0, "Not planted this time.")
    print(planted[1].strip().splitlines()[-1])
    if args.write:
        keep(args.scale, args.seed, said, failed, planted[1])
    return int(bool(failed) or planted[0])


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


def planting() -> tuple[int, str]:
    """1 when a planted bug survives; and the table."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = mutants("", 2)
    return code, told.getvalue()


def keep(scale: float, seed: int, table: Sequence[str], failed: Sequence[str], planted: str) -> None:
    """Between the marks of the page."""
    text = PAGE.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    when = "  \n".join(conditions(f"`make prove` at scale {scale:g}, seeds from {seed}"))
    wrong = ["", "Wrong:", *(f"- {line}" for line in failed)] if failed else []
    body = "\n".join([when, "", *table, *wrong, "", "## Planted bugs", "", planted.strip(), ""])
    PAGE.write_text(f"{before}{BEGIN}{body}{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
