"""The ledger's SQLite file: schema, rows, counters. Written by one connection, read by anybody.

WAL with `synchronous=NORMAL`: a commit is a write(2) and survives `kill -9`; the fsyncs belong to the checkpoints,
which run on a connection of their own in a thread.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
from msgspec import Struct, json

from proxy.money.books import Attempt, Counter, Name
from proxy.money.ledger import Ending, Hold
from routing.budget import Scope

FILE = "ledger.db"
"""Its name in the data folder."""
VERSION = 2
APPLICATION = 0x48504E59
"""`HPNY`: says in the file's header whose it is."""

_SCHEMA = f"""
CREATE TABLE rows (
    id TEXT NOT NULL, k INTEGER NOT NULL, at INTEGER NOT NULL, ended INTEGER, state TEXT NOT NULL,
    key TEXT NOT NULL, asked TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, sent TEXT NOT NULL,
    answered TEXT NOT NULL DEFAULT '',
    amount INTEGER NOT NULL, cost INTEGER NOT NULL DEFAULT 0, overrun INTEGER NOT NULL DEFAULT 0,
    baseline INTEGER NOT NULL DEFAULT 0,
    input INTEGER NOT NULL DEFAULT 0, output INTEGER NOT NULL DEFAULT 0, cached INTEGER NOT NULL DEFAULT 0,
    reasoning INTEGER NOT NULL DEFAULT 0, usage_source TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
    price_version TEXT NOT NULL, scopes TEXT NOT NULL,
    PRIMARY KEY (id, k)) STRICT, WITHOUT ROWID;
CREATE INDEX open_holds ON rows (id, k) WHERE state = 'held';
CREATE TABLE counters (
    rule TEXT NOT NULL, window INTEGER NOT NULL,
    spent INTEGER NOT NULL, stopped INTEGER NOT NULL, alerted INTEGER NOT NULL,
    PRIMARY KEY (rule, window)) STRICT, WITHOUT ROWID;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""

_MIGRATE = f"""
ALTER TABLE rows ADD COLUMN baseline INTEGER NOT NULL DEFAULT 0;
UPDATE rows SET baseline = cost;
PRAGMA user_version = {VERSION};
"""
"""From version 1, whose rows claim no saving."""
_INSERT = """INSERT INTO rows (id, k, at, state, key, asked, model, provider, sent, amount, price_version, scopes)
    VALUES (?, ?, ?, 'held', ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_END = """UPDATE rows SET ended = ?, state = ?, answered = ?, cost = ?, overrun = ?, input = ?, output = ?, cached = ?,
    reasoning = ?, usage_source = ?, outcome = ?, baseline = ? WHERE id = ? AND k = ?"""
_FIND = "SELECT state, amount, cost, scopes FROM rows WHERE id = ? AND k = ?"
_SAVE = "REPLACE INTO counters (rule, window, spent, stopped, alerted) VALUES (?, ?, ?, ?, ?)"

_scopes = json.Decoder(tuple[Scope, ...])


class LedgerRefused(Exception):
    """The file cannot be used: of a newer version, not ours, damaged, or in use. The text says what to do."""


class Row(Struct, frozen=True):
    """What the ledger needs to know about a row that is no longer held."""

    state: str
    amount: int
    cost: int
    scopes: tuple[Scope, ...]


class Store:
    """The write connection and the checkpoint's."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises LedgerRefused."""
        try:
            self._db = _open(path)
            self._second = apsw.Connection(str(path))
            self._second.set_busy_timeout(250)
            self._second.pragma("user_version")  # only a connection that has read knows of the log
        except (apsw.CorruptError, apsw.NotADBError) as damaged:
            raise LedgerRefused(
                f"{path} is damaged ({damaged}). Nothing was changed."
                " Put a backup in its place, or move it away to begin anew."
            ) from damaged
        self._db.set_wal_hook(self._count)  # takes the place of SQLite's own checkpoints inside a commit
        self.pages = 0
        """Pages in the write-ahead log after the last commit."""

    def _count(self, _: apsw.Connection, __: str, pages: int) -> int:
        self.pages = pages
        return apsw.SQLITE_OK

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises apsw.Error."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def insert(self, hold: Hold) -> bool:
        """Write a held row; False when `(id, k)` is there already."""
        h = hold
        named = (h.id, h.k, h.at, h.key, h.asked, h.model, h.provider, h.sent)
        self._db.execute(_INSERT, (*named, h.amount, h.price_version, json.encode(h.scopes).decode()))
        return self._db.changes() == 1

    def end(self, ending: Ending, booked: int, overrun: int) -> None:
        """Write an attempt's end: `booked` n$ to the key, `overrun` to the operator."""
        e = ending
        used = (e.input, e.output, e.cached, e.reasoning, e.usage_source, e.outcome, e.baseline)
        self._db.execute(_END, (e.at, e.state, e.answered, booked, overrun, *used, e.id, e.k))

    def expire(self, attempt: Attempt, now: int) -> None:
        """Post a hold whose owner died: its whole amount is the estimate."""
        self._db.execute(
            "UPDATE rows SET state = 'expired', ended = ?, cost = amount, baseline = amount,"
            " usage_source = 'estimated', outcome = 'lost' WHERE id = ? AND k = ? AND state = 'held'",
            (now, *attempt),
        )

    def find(self, attempt: Attempt) -> Row | None:
        """The row of an attempt."""
        for state, amount, cost, scopes in self._db.execute(_FIND, attempt):
            return Row(state, amount, cost, _scopes.decode(scopes))
        return None

    def holds(self) -> list[tuple[Attempt, int, tuple[Scope, ...]]]:
        """All held rows, oldest first."""
        found = self._db.execute("SELECT id, k, amount, scopes FROM rows WHERE state = 'held' ORDER BY id, k")
        return [((id, k), amount, _scopes.decode(scopes)) for id, k, amount, scopes in found]

    def counter(self, name: Name) -> Counter:
        """A counter as it was last written, without holds."""
        found = self._db.execute("SELECT spent, stopped, alerted FROM counters WHERE rule = ? AND window = ?", name)
        return Counter(*(found.fetchone() or ()))

    def save(self, counters: Iterable[tuple[Name, Counter]]) -> None:
        """Write counters."""
        for name, counter in counters:
            self._db.execute(_SAVE, (*name, counter.spent, counter.stopped, counter.alerted))

    def checkpoint(self) -> int:
        """Copy the write-ahead log into the file; returns the pages left because a reader needs them. For a thread."""
        pages, copied = self._second.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return pages - copied

    def close(self) -> None:
        """Close both connections; SQLite empties the log when the last one goes."""
        self._second.close()
        self._db.close()


def _open(path: Path) -> apsw.Connection:
    db = apsw.Connection(str(path))
    db.set_busy_timeout(250)
    application, version = db.pragma("application_id"), db.pragma("user_version")
    empty = not db.execute("SELECT count(*) FROM sqlite_schema").get
    if not empty and application != APPLICATION:
        raise LedgerRefused(f"{path} is not a Halfpenny ledger. Move it away, or choose another data folder.")
    if version > VERSION:
        raise LedgerRefused(
            f"{path} was written by a newer Halfpenny (ledger version {version}; this one knows {VERSION})."
            " Update Halfpenny, or choose another data folder."
        )
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "normal")
    if empty or version < VERSION:
        with db:
            db.execute(_SCHEMA if empty else _MIGRATE)
    return db
