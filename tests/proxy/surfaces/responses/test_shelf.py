"""The file of kept responses: its limits, a file that cannot be opened, and items by their id."""

from pathlib import Path

import apsw
import pytest
from msgspec import Raw

from proxy.surfaces.responses.shelf import FILE, KEPT, KEPT_ON, MOST, MOST_BYTES, Store, Unkept
from tests.doubles.small_disk import fill, small_disk

NOTHING = b'{"output":[]}'


def count(folder: Path) -> int:
    db = apsw.Connection(str(folder / FILE))
    found = db.execute("SELECT count(*) FROM kept").get
    db.close()
    return int(found)


def filled(folder: Path, rows: int, size: int) -> Store:
    """A file that says so many responses of one key, of so many bytes each."""
    store = Store(folder)
    store.shelf("k").put("resp_a", 1, [], NOTHING)
    db = apsw.Connection(str(folder / FILE))
    with db:
        made = ((f"resp_{n:06}", "k", 2, size, b"[]", NOTHING) for n in range(rows))
        db.executemany("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)", made)
    db.close()
    return store


def test_what_is_old_goes_whoever_asked_for_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.shelf("who never comes again").put("old", 1_000, [Raw(b"{}")], NOTHING)
    store.shelf("k").put("new", 1_000 + KEPT + 1, [Raw(b"{}")], NOTHING)
    assert count(tmp_path) == 1
    store.close()


@pytest.mark.parametrize(("rows", "size", "left"), [(MOST, 100, int(MOST * KEPT_ON)), (10, MOST_BYTES // 9, 8)])
def test_the_oldest_of_too_many_or_too_large_ones_go(tmp_path: Path, rows: int, size: int, left: int) -> None:
    store = filled(tmp_path, rows, size)
    shelf = store.shelf("k")
    shelf.put("resp_z", 3, [], NOTHING)
    assert shelf.get("resp_z") is not None
    assert (shelf.get("resp_a"), shelf.get("resp_000000")) == (None, None)
    assert shelf.get(f"resp_{rows - 1:06}") is not None
    assert count(tmp_path) == left + (size != 100)
    store.close()


def test_a_file_that_cannot_be_opened_is_told_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, and longer than the head of one" * 40)
    store = Store(tmp_path)
    shelf = store.shelf("k")
    with pytest.raises(Unkept):
        shelf.put("resp_a", 1, [], NOTHING)
    with pytest.raises(Unkept):
        shelf.get("resp_a")
    (tmp_path / FILE).unlink()
    shelf.put("resp_a", 1, [], NOTHING)
    assert shelf.get("resp_a") is not None
    store.close()


def test_a_full_disk_keeps_what_it_has(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        store = Store(disk)
        shelf = store.shelf("k")
        shelf.put("resp_a", 1, [], NOTHING)
        junk = fill(disk)
        with pytest.raises(Unkept):
            shelf.put("resp_b", 1, [], b'{"output":[]}' + b" " * 1_000_000)
        assert shelf.get("resp_a") is not None
        junk.unlink()
        shelf.put("resp_b", 1, [], NOTHING)
        assert shelf.get("resp_b") is not None
        store.close()


def test_two_open_a_new_file_at_once(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    first.shelf("k").put("resp_a", 1, [], NOTHING)
    second.shelf("k").put("resp_b", 1, [], NOTHING)
    assert first.shelf("k").get("resp_b") is not None
    first.close()
    second.close()


def test_an_item_is_found_by_its_id_alone_and_by_its_own_key(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.shelf("k").put("resp_7_8", 1, [], b'{"output":[{"id":"rs_7_8_0"},{"id":"fc_7_8_1"}]}')
    assert store.shelf("k").item("fc_7_8_1") == Raw(b'{"id":"fc_7_8_1"}')
    for unknown in ("fc_7_8_2", "fc_7_8", "fc_7_8_", "fc", "", "fc_7_8_²", "fc_7_8_1111111111111111111111"):
        assert store.shelf("k").item(unknown) is None
    assert store.shelf("other").item("fc_7_8_1") is None
    store.close()
