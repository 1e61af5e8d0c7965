"""Disks that are full, lie or are damaged: what the ledger refuses, what it saves, what it says. F42, F43, F44."""

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from proxy.money.ledger import Granted, LedgerUnavailable
from proxy.money.schema import LedgerRefused
from proxy.money.sqlite import SqliteLedger
from proxy.money.sync import Durability
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import ALICE, MONTH, hold, rows, settled
from tests.doubles.small_disk import MIB, fill, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 6) as made:
        yield made


async def test_a_full_disk_takes_what_is_running_and_nothing_new(disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    """F42: endings are written into the ballast's space; two seconds after space is back, so are holds."""
    ledger = SqliteLedger(disk / "ledger.db", lambda: 1, lambda notice: None, ballast=MIB)
    running = [f"{n:03d}" for n in range(100)]
    for id in running:
        await ledger.reserve(hold(id, 5, MONTH))
        ledger.dispatched(id, 0)
    junk = fill(disk)
    refused = [await unavailable(ledger, f"new{n}") for n in range(300)]
    await asyncio.gather(*(ledger.settle(settled(id, 3)) for id in running))
    assert sum(refused) >= 1
    assert await unavailable(ledger, "still")
    assert {row[2] for row in rows(disk) if row[0] in running} == {"settled"}

    junk.unlink()
    await eventually((disk / "ledger.db.ballast").exists)  # it tries twice a second by itself
    assert (disk / "ledger.db.ballast").stat().st_size == MIB
    assert await ledger.reserve(hold("after", 5, MONTH)) == Granted()
    await ledger.aclose()
    assert [record.getMessage().split(":")[0].split(" (")[0] for record in caplog.records] == [
        "the ledger's disk is full",
        "the ledger's disk has room again",
    ]  # a line a change, whatever is asked meanwhile


async def unavailable(ledger: SqliteLedger, id: str) -> bool:
    """Whether a hold is refused for want of a disk; one that is granted is voided."""
    try:
        await ledger.reserve(hold(id, 0, MONTH))
    except LedgerUnavailable as error:
        assert (error.status, error.code) == (503, "ledger_unavailable")
        return True
    return False


def lying(_: int) -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("mode", ["process", "power"])
async def test_an_fsync_that_failed_is_not_asked_again(tmp_path: Path, mode: Durability) -> None:
    """F43: nothing is admitted any more, and who must restart the process is told once."""
    told: list[str] = []
    ledger = SqliteLedger(
        tmp_path / "ledger.db", lambda: 1, lambda notice: None, durability=mode, broken=told.append, sync=lying
    )
    if mode == "power":
        with pytest.raises(LedgerUnavailable):
            await ledger.reserve(hold("a", 5, ALICE))
    else:
        await ledger.reserve(hold("a", 5, ALICE))
        await eventually(lambda: bool(told))
    with pytest.raises(LedgerUnavailable):
        await ledger.reserve(hold("b", 5, ALICE))
    assert told == ["fdatasync: Input/output error"]
    await ledger.aclose()


class Disk(apsw.VFS):
    """The default one while it lives; its fsync fails once it is `worn`."""

    def __init__(self) -> None:
        self.worn = False
        super().__init__("disk", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "File":
        return File(self, name, flags)


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        super().__init__("unix", name, flags)

    def xSync(self, flags: int) -> None:
        if self._disk.worn:
            raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)


async def test_a_checkpoint_whose_fsync_failed_ends_it_too(tmp_path: Path) -> None:
    """F43."""
    told: list[str] = []
    disk = Disk()
    try:
        ledger = SqliteLedger(tmp_path / "ledger.db", lambda: 1, lambda notice: None, broken=told.append)
        disk.worn = True
        with pytest.raises(LedgerUnavailable):
            for n in range(5_000):
                await ledger.reserve(hold(f"{n:04d}", 0, MONTH))
        assert [why.split(":")[0] for why in told] == ["fsync"]
        disk.worn = False
        await ledger.aclose()
    finally:
        disk.unregister()


async def test_power_answers_when_it_is_on_the_disk_and_all_share_a_sync(tmp_path: Path) -> None:
    """Nothing is answered whose log was not synced after it was written."""
    sizes: list[int] = []

    def sync(fd: int) -> None:
        sizes.append(os.fstat(fd).st_size)

    path = tmp_path / "ledger.db"
    ledger = SqliteLedger(path, lambda: 1, lambda notice: None, durability="power", sync=sync)
    for n in range(5):
        log, syncs = path.with_name("ledger.db-wal"), len(sizes)
        await asyncio.gather(*(ledger.reserve(hold(f"{n}-{m}", 1, MONTH)) for m in range(20)))
        assert sizes[-1] == log.stat().st_size
        assert len(sizes) - syncs == 1
    await ledger.aclose()


def test_a_damaged_page_is_found_at_the_start_and_left_alone(tmp_path: Path) -> None:
    """F44."""

    async def filled() -> None:
        ledger = SqliteLedger(tmp_path / "ledger.db", lambda: 1, lambda notice: None)
        for n in range(200):
            await ledger.reserve(hold(f"{n:04d}", 1, MONTH))
        await ledger.aclose()

    asyncio.run(filled())
    path = tmp_path / "ledger.db"
    data = bytearray(path.read_bytes())
    data[5 * 4096 : 5 * 4096 + 200] = b"\xff" * 200
    path.write_bytes(data)
    with pytest.raises(LedgerRefused, match=r"is damaged .* Put a backup in its place"):
        SqliteLedger(path, lambda: 1, lambda notice: None)
    assert path.read_bytes() == data


async def test_only_its_owner_can_read_it(ledger: SqliteLedger, tmp_path: Path) -> None:
    await ledger.reserve(hold("a", 1, ALICE))
    ledger.dispatched("a", 0)
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
    assert set(modes.values()) == {0o600}
    assert {"ledger.db", "ledger.db-wal", "ledger.db.dispatched", "ledger.db.ballast"} <= set(modes)
