"""A request's life in a child process that dies at a numbered line of the ledger's code, whichever one is asked for.

`python -m tests.money.crash_points FOLDER N` forks a child for point 1, 2, … and N at most, each with a copy of what
an earlier life left, looks at its books afterwards, and stops after the first child that lived to its end. What a
child's upstream saw, and what the ledger had acknowledged, stands in its `witness`, written when it was so.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import proxy.money
from proxy.money.sqlite import SqliteLedger
from tests.doubles.ledgers import hold
from tests.money.aftermath import reopened
from tests.money.fuse import KILLED, Fuse, child
from tests.money.life import BOOT, NOW, SCOPES, life

OURS = os.path.dirname(proxy.money.__file__)


def begin(folder: Path) -> None:
    """What every child finds: a ledger whose owner died with one hold dispatched and one not."""

    async def earlier() -> None:
        ledger = SqliteLedger(folder / "ledger.db", lambda: NOW, lambda notice: None, boot=BOOT, ballast=4096)
        await ledger.reserve(hold("old", 100, *SCOPES))
        await ledger.reserve(hold("idle", 50, *SCOPES))
        ledger.dispatched("old", 0)
        os._exit(KILLED)

    child(lambda: asyncio.run(earlier()))


def lives(folder: Path, point: int) -> int:
    """One child's exit code."""
    fd = os.open(folder / "witness", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(line: str) -> None:
        os.write(fd, f"{line}\n".encode())

    def work() -> None:
        sys.settrace(Fuse(point, OURS))
        asyncio.run(life(folder, tell))

    code = child(work)
    os.close(fd)
    return code


def main() -> None:
    """Print how many points there are. Raises AssertionError when the books do not close after one of them."""
    root, most = Path(sys.argv[1]), int(sys.argv[2])
    (root / "0").mkdir()
    begin(root / "0")
    for point in range(1, most + 1):
        shutil.copytree(root / "0", root / "life")
        code = lives(root / "life", point)
        asyncio.run(reopened(root / "life"))
        shutil.rmtree(root / "life")
        if code != KILLED:
            print(point)
            return
    print(most)


if __name__ == "__main__":
    main()
