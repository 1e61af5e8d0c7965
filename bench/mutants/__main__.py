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

from bench.mutants.planting import PATIENCE, Bug, Fate, copied, fate, planted, tested
from bench.prove import page

HEAD = ("| planted bug | file | fate | seconds |", "|---|---|---|---|")


def main() -> int:
    """Print a row for each bug; 1 when one survives or cannot be planted."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="bugs whose name or file holds this")
    parser.add_argument("--jobs", type=int, default=2, help="copies of the tree at work")
    parser.add_argument("--write", action="store_true", help="into docs/proof.md")
    args = parser.parse_args()
    return run(args.only, args.jobs, args.write)


def run(only: str, jobs: int, write: bool) -> int:
    """Plant the bugs whose name or file holds `only`, in so many copies of the tree at once; `write`: the page too."""
    bugs = [bug for bug in planted() if only in bug.name or only in bug.file]
    wrong = [said for bug in bugs if (said := bug.wrong())]
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    if wrong:
        return 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        lines, survived = work(bugs, Path(folder), jobs)
    if write and lines:
        page.write("planted", f"`make mutants`, {jobs} copies of the tree at once", lines)
    return int(bool(survived) or not lines)


def work(bugs: Sequence[Bug], folder: Path, jobs: int) -> tuple[list[str], list[str]]:
    """In so many copies at once: the table, printed as it grows, and who survived. No table: the tests fail anyway."""
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(jobs):
        (folder / str(number)).mkdir()
        trees.put(copied(folder / str(number)))
    if not sound(bugs, folder / "0"):
        return [], []

    def one(bug: Bug) -> tuple[Bug, Fate, float]:
        tree = trees.get()
        try:
            return (bug, *fate(tree, bug))
        finally:
            trees.put(tree)

    lines, survived = [*HEAD], []
    print(*HEAD, sep="\n", flush=True)
    with ThreadPoolExecutor(jobs) as pool:
        for bug, found, seconds in pool.map(one, bugs):
            lines.append(f"| {bug.name} | {bug.file} | {found} | {seconds:.0f} |")
            print(lines[-1], flush=True)
            survived += [bug.name] if found == "survived" else []
    lines += ["", f"{len(bugs) - len(survived)} of {len(bugs)} caught."]
    print(lines[-1], *(f"SURVIVED: {name}" for name in survived), sep="\n")
    return lines, survived


def sound(bugs: Sequence[Bug], tree: Path) -> bool:
    """Whether all their tests pass while none is planted."""
    if tested(tree, tuple(sorted({test for bug in bugs for test in bug.tests})), 10 * PATIENCE) == "survived":
        return True
    print("the tests fail without any bug:\n" + (tree / "told").read_text()[-3000:], file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(main())
