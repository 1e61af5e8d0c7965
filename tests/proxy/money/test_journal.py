"""Marks of dispatch: what outlives a crash, what a reboot makes worthless, what is dropped."""

from pathlib import Path

import pytest

from proxy.money.journal import LARGEST, Journal


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
