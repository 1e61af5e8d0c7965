"""Which files the ledger takes for its own."""

from pathlib import Path

import apsw
import pytest

from proxy.money.schema import APPLICATION, VERSION, LedgerRefused
from proxy.money.store import Store
from proxy.money.usage import usage
from tests.doubles.ledgers import hold, void


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
    store.begin()
    store.insert(hold("a", 5))
    store.rollback()
    store.begin()
    assert store.find(("a", 0)) is None
    store.insert(hold("a", 5))
    store.commit()
    store.rollback()
    assert store.holds() == [(("a", 0), 5, ())]
    store.close()


def test_open_holds_are_found_though_only_the_newest_rows_are_looked_at(tmp_path: Path) -> None:
    """Ids go up with time, but not always: a clock stepped back, another process was a little behind."""
    path = tmp_path / "ledger.db"
    store = Store(path)
    store.begin()
    for id in ("d", "e"):
        store.insert(hold(id, 5))
        store.end(void(id), 0, 0)
    store.promise(9, [])
    store.commit()
    for id in ("f", "b", "c"):
        store.begin()
        store.insert(hold(id, 5))
        store.commit()
    store.close()
    again = Store(path)
    assert [attempt[0] for attempt, _, _ in again.holds()] == ["b", "c", "f"]
    assert again.promised() == 9
    again.close()


VERSION_1 = """
CREATE TABLE rows (
    id TEXT NOT NULL, k INTEGER NOT NULL, at INTEGER NOT NULL, ended INTEGER, state TEXT NOT NULL,
    key TEXT NOT NULL, asked TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, sent TEXT NOT NULL,
    answered TEXT NOT NULL DEFAULT '',
    amount INTEGER NOT NULL, cost INTEGER NOT NULL DEFAULT 0, overrun INTEGER NOT NULL DEFAULT 0,
    input INTEGER NOT NULL DEFAULT 0, output INTEGER NOT NULL DEFAULT 0, cached INTEGER NOT NULL DEFAULT 0,
    reasoning INTEGER NOT NULL DEFAULT 0, usage_source TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
    price_version TEXT NOT NULL, scopes TEXT NOT NULL,
    PRIMARY KEY (id, k)) STRICT, WITHOUT ROWID;
CREATE INDEX open_holds ON rows (id, k) WHERE state = 'held';
CREATE TABLE counters (
    rule TEXT NOT NULL, window INTEGER NOT NULL,
    spent INTEGER NOT NULL, stopped INTEGER NOT NULL, alerted INTEGER NOT NULL,
    PRIMARY KEY (rule, window)) STRICT, WITHOUT ROWID;
INSERT INTO rows VALUES
    ('a', 0, 1, 2, 'settled', 'key_a', 'auto', 'm', 'p', '', 'm', 500, 123, 0, 10, 5, 0, 0, 'provider', 'ok', '', '[]'),
    ('b', 0, 1, NULL, 'held', 'key_a', 'auto', 'm', 'p', 's', '', 70, 0, 0, 0, 0, 0, 0, '', '', '', '[]');
PRAGMA user_version = 1;
"""


def test_a_file_of_version_1_is_read_as_it_is_and_migrated_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    db = apsw.Connection(str(path))
    db.execute(VERSION_1)
    db.pragma("application_id", APPLICATION)
    before = [(line.cost, line.saved, line.held) for line in usage(path, ())]
    store = Store(path)
    store.expire(("b", 0), 9)
    store.close()

    assert before == [(123, 0, 70)]
    assert db.pragma("user_version") == VERSION
    assert list(db.execute("SELECT id, cost, baseline FROM rows")) == [("a", 123, 123), ("b", 70, 70)]
    assert [(line.cost, line.saved) for line in usage(path, ())] == [(193, 0)]
    db.close()
