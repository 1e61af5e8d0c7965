"""A power cut tears the write-ahead log: whatever is left of it, the ledger opens, and its books close.

What was lost is the newest of the log: never a row from the middle, and nothing that had reached the database's file.
"""

import asyncio
import shutil
from pathlib import Path
from random import Random

from proxy.money.ledger import Granted
from proxy.money.sqlite import SqliteLedger
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled
from tests.money.stands import Found, rows, spent

HEADER, FRAME = 32, 24 + 4096
LIMIT = 5_000
MONTH = Scope("month", 0, 2_000_000_000, LIMIT)
FILES = ("ledger.db", "ledger.db-wal", "ledger.db.dispatched")
CUTS = 150


async def moments(folder: Path) -> list[tuple[Path, set[str]]]:
    """Copies of the files at random moments of a busy ledger, and which attempts were dispatched until then."""
    ledger = opened(folder, "first boot")
    random, found, sent = Random(5), [], set[str]()
    for n in range(60):
        if await ledger.reserve(hold(f"{n:03d}", random.randrange(1, 90), MONTH)) == Granted():
            ledger.dispatched(f"{n:03d}", 0)
            sent.add(f"{n:03d}")
            if n % 3:
                await ledger.settle(settled(f"{n:03d}", random.randrange(90)))
        if random.random() < 0.1:
            copy = folder.parent / f"moment{n}"
            copy.mkdir()
            for name in FILES:
                shutil.copy(folder / name, copy / name)
            found.append((copy, set(sent)))
    await ledger.aclose()
    return found


def opened(folder: Path, boot: str) -> SqliteLedger:
    """The ledger there, after this boot of the system."""
    return SqliteLedger(folder / "ledger.db", lambda: 10**9, lambda notice: None, boot=boot, ballast=4096)


def cuts(size: int, random: Random) -> list[int]:
    """Every frame's end, and any byte."""
    return [*range(HEADER, size, FRAME), *(random.randrange(size) for _ in range(CUTS))]


def check(found: Found, counters: dict[tuple[str, int], int]) -> None:
    """I1, I2, I3, I6, and after a power cut: what may have been dispatched is not void."""
    assert counters.get(("month", 0), 0) == sum(cost for _, _, cost, _ in found.values()) <= LIMIT
    assert all(0 <= cost <= amount and overrun >= 0 for _, amount, cost, overrun in found.values())
    assert {state for state, _, _, _ in found.values()} <= {"settled", "expired"}
    ids = sorted(int(id) for id, _ in found)
    assert ids == list(range(len(ids)))  # the newest are missing, none from the middle


async def torn(copy: Path, cut: int, to: Path) -> int:
    """Open what a cut leaves; how many rows there are."""
    shutil.copytree(copy, to)
    with (to / "ledger.db-wal").open("r+b") as log:
        log.truncate(cut)
    if not (to / "ledger.db").stat().st_size:
        return 0  # nothing had reached the file yet: there was no ledger
    ledger = opened(to, "second boot")
    assert ledger.held() == (0, 0)
    found = rows(to / "ledger.db")
    check(found, spent(to / "ledger.db"))
    assert await ledger.room((MONTH,)) == LIMIT - sum(cost for _, _, cost, _ in found.values())
    await ledger.aclose()
    shutil.rmtree(to)
    return len(found)


def test_whatever_the_power_cut_leaves_of_the_log_the_books_close(quick_folder: Path) -> None:
    """Cut at every frame, and at random bytes."""
    folder = quick_folder / "data"
    folder.mkdir()
    random = Random(7)
    for copy, sent in asyncio.run(moments(folder)):
        size = (copy / "ledger.db-wal").stat().st_size
        whole = asyncio.run(torn(copy, size, quick_folder / "torn"))
        assert whole >= len(sent)
        kept = [asyncio.run(torn(copy, cut, quick_folder / "torn")) for cut in sorted(cuts(size, random))]
        assert kept == sorted(kept)
        assert kept[-1] <= whole
