"""`python -m bench.mutants`: plant each bug, run its tests; all must be caught. `--only TEXT` for some of them.

First all tests run on the tree as it is: where one fails without a bug, nothing is proved.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from bench.mutants.planting import Bug, Fate, copied, fate, planted, tested


def main() -> int:
    """Print a row for each bug; 1 when one survives or cannot be planted."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="bugs whose name or file holds this")
    parser.add_argument("--jobs", type=int, default=2, help="copies of the tree at work")
    args = parser.parse_args()
    return run(args.only, args.jobs)


def run(only: str, jobs: int) -> int:
    """Plant the bugs whose name or file holds `only`, in so many copies of the tree at once."""
    bugs = [bug for bug in planted() if only in bug.name or only in bug.file]
    wrong = [said for bug in bugs if (said := bug.wrong())]
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    if wrong:
        return 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        return work(bugs, Path(folder), jobs)


def work(bugs: Sequence[Bug], folder: Path, jobs: int) -> int:
    """In so many copies at once."""
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(jobs):
        (folder / str(number)).mkdir()
        trees.put(copied(folder / str(number)))
    everything = tuple(sorted({test for bug in bugs for test in bug.tests}))
    tree = trees.get()
    if tested(tree, everything) != "survived":
        print("the tests fail without any bug:\n" + (tree / "told").read_text()[-3000:], file=sys.stderr)
        return 1
    trees.put(tree)

    def one(bug: Bug) -> tuple[Bug, Fate, float]:
        tree = trees.get()
        try:
            return (bug, *fate(tree, bug))
        finally:
            trees.put(tree)

    print("| planted bug | file | fate | seconds |\n|---|---|---|---|")
    survived = []
    with ThreadPoolExecutor(jobs) as pool:
        for bug, found, seconds in pool.map(one, bugs):
            print(f"| {bug.name} | {bug.file} | {found} | {seconds:.0f} |", flush=True)
            if found == "survived":
                survived.append(bug.name)
    print(
        f"\n{len(bugs) - len(survived)} of {len(bugs)} caught.", *(f"SURVIVED: {name}" for name in survived), sep="\n"
    )
    return int(bool(survived))


if __name__ == "__main__":
    sys.exit(main())
