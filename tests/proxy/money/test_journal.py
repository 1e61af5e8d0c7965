"""Marks of dispatch: what outlives a crash, what a reboot spoils, what is dropped, what bad disks take: F42."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proxy.money.journal import LARGEST, Journal
from tests.doubles.small_disk import fill, small_disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db.dispatched"


def began(path: Path, boot: str = "boot 1", *held: tuple[str, int]) -> Journal:
    journal = Journal(path, boot)
    journal.begin(held)
    return journal


def test_a_mark_outlives_its_process_and_only_marks_were_dispatched(path: Path) -> None:
    began(path).note(("a", 1))
    after = Journal(path, "boot 1")
    assert after.dispatched(("a", 1))
    assert not after.dispatched(("a", 0))
    assert not after.dispatched(("b", 1))


@pytest.mark.parametrize("boot", ["boot 2", ""])
def test_after_another_boot_everything_may_have_been_dispatched(path: Path, boot: str) -> None:
    began(path).note(("a", 1))
    assert Journal(path, boot).dispatched(("never", 0))


def test_without_a_file_everything_may_have_been_dispatched(path: Path) -> None:
    assert Journal(path, "boot 1").dispatched(("a", 0))


def test_what_is_not_known_stays_so_for_holds_that_are_kept(path: Path) -> None:
    began(path)
    after = began(path, "boot 2", ("old", 0))
    assert after.dispatched(("old", 0))
    assert not after.dispatched(("new", 0))


def test_a_line_that_was_cut_short_spoils_no_other(path: Path) -> None:
    journal = began(path)
    with path.open("a") as file:
        file.write("\nhal")
    journal.note(("a", 0))
    after = Journal(path, "boot 1")
    assert after.dispatched(("a", 0))
    assert not after.dispatched(("half", 0))


def test_it_grows_only_so_far_and_keeps_the_marks_of_what_is_held(path: Path) -> None:
    journal = began(path)
    journal.note(("held", 0))
    n = 0
    while not journal.grown:
        journal.note((f"0193a1b2-aaaa-7bbb-8ccc-{n:012d}", 0))
        n += 1
    journal.begin([("held", 0), ("waiting", 0)])
    assert path.stat().st_size < 100 < LARGEST
    after = Journal(path, "boot 1")
    assert after.dispatched(("held", 0))
    assert not after.dispatched(("waiting", 0))
    assert not after.dispatched(("0193a1b2-aaaa-7bbb-8ccc-000000000001", 0))


def noted(journal: Journal, names: Iterator[str]) -> tuple[list[str], str, OSError]:
    """What it took until the disk refused, what it refused, and why."""
    taken: list[str] = []
    for name in names:
        try:
            journal.note((name, 0))
        except OSError as error:
            return taken, name, error
        taken.append(name)
    raise AssertionError("the disk took everything")


def names(prefix: str) -> Iterator[str]:
    return (f"{prefix}{n:06d}" for n in range(1_000_000))


def test_f42_a_full_disk_takes_a_mark_whole_or_refuses_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        path = disk / "ledger.db.dispatched"
        journal = began(path)
        journal.note(("before", 0))
        junk = fill(disk)
        taken, refused, error = noted(journal, names("full"))
        assert error.errno in (None, errno.ENOSPC)  # a write that was cut short has no number
        with pytest.raises(OSError, match=r"No space|full"):
            journal.note((refused, 0))
        junk.unlink()
        journal.note((refused, 0))
        journal.note(("after", 0))
        after = Journal(path, "boot 1")
        assert all(after.dispatched((name, 0)) for name in ("before", *taken, refused, "after"))
        assert not after.dispatched(("never", 0))
        journal.close()


def test_f42_what_cannot_be_written_anew_is_left_as_it_was_and_takes_no_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        path = disk / "ledger.db.dispatched"
        journal = began(path)
        every = names("0193a1b2-aaaa-7bbb-8ccc-")
        while not journal.grown:
            journal.note((next(every), 0))
        held = [(name, 0) for name in names("0193a1b2-aaaa-7bbb-8ccc-")][:20_000]
        junk = fill(disk)
        before = path.read_bytes()
        with pytest.raises(OSError, match=r"No space|full"):
            journal.begin(held)
        assert path.read_bytes() == before
        assert sorted(file.name for file in disk.iterdir()) == ["junk", path.name]
        junk.unlink()
        journal.note(("later", 0))
        journal.begin([*held, ("later", 0)])
        assert not journal.grown
        after = Journal(path, "boot 1")
        assert all(after.dispatched(attempt) for attempt in (*held, ("later", 0)))
        journal.close()


@contextmanager
def dead_device(path: Path) -> Iterator[None]:
    """Writes to this open file fail with EIO, as those to a terminal that was hung up do."""
    opened = [int(fd.name) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink() and fd.resolve() == path]
    (ours,) = opened
    kept = os.dup(ours)
    near, far = os.openpty()
    os.close(near)
    os.dup2(far, ours)
    try:
        yield
    finally:
        os.dup2(kept, ours)
        os.close(kept)
        os.close(far)


def test_f43_a_mark_that_the_device_refused_is_not_believed(path: Path) -> None:
    journal = began(path)
    with dead_device(path):
        for _ in range(2):
            with pytest.raises(OSError, match="Input/output") as refused:
                journal.note(("a", 0))
            assert refused.value.errno == errno.EIO
    assert not Journal(path, "boot 1").dispatched(("a", 0))
    journal.note(("a", 0))
    assert Journal(path, "boot 1").dispatched(("a", 0))
