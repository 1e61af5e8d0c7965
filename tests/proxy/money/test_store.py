"""Which files the ledger takes for its own."""

from pathlib import Path

import apsw
import pytest

from proxy.money.store import APPLICATION, VERSION, LedgerRefused, Store


def test_a_new_file_carries_whose_it_is_and_its_version(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Store(path).close()
    db = apsw.Connection(str(path))
    assert (db.pragma("application_id"), db.pragma("user_version")) == (APPLICATION, VERSION)
    assert db.pragma("journal_mode") == "wal"
    db.close()


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Store(path).close()
    db = apsw.Connection(str(path))
    db.pragma("user_version", VERSION + 1)
    db.close()
    with pytest.raises(LedgerRefused, match=f"version {VERSION + 1}.*Update Halfpenny"):
        Store(path)


def test_another_program_s_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE cookies (a)")
    db.close()
    with pytest.raises(LedgerRefused, match="not a Halfpenny ledger"):
        Store(path)


def test_a_damaged_file_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(LedgerRefused, match="damaged"):
        Store(path)
    assert path.read_bytes().startswith(b"no database")


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    from_outside = tmp_path / "ledger.db"
    store = Store(from_outside)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.expire(("a", 0), 1)
        raise ZeroDivisionError
    with store.transaction():
        assert store.find(("a", 0)) is None
    store.close()
