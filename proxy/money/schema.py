"""The ledger's SQLite file: its tables, its versions, and which files are refused.

WAL with `synchronous=NORMAL`: a commit is a write(2) and survives `kill -9`; the fsyncs belong to `upkeep`.
"""

import os
from pathlib import Path

import apsw

FILE = "ledger.db"
"""Its name in the data folder."""
VERSION = 3
APPLICATION = 0x48504E59
"""`HPNY`: says in the file's header whose it is."""
CHECKED = 256 << 20
"""Bytes up to which a whole file is checked at the start: about a second."""

_CLOCK = """
CREATE TABLE clock (
    one INTEGER PRIMARY KEY CHECK (one = 1), promised INTEGER NOT NULL, oldest TEXT NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0, '');
"""
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
CREATE TABLE counters (
    rule TEXT NOT NULL, window INTEGER NOT NULL,
    spent INTEGER NOT NULL, stopped INTEGER NOT NULL, alerted INTEGER NOT NULL,
    PRIMARY KEY (rule, window)) STRICT, WITHOUT ROWID;
{_CLOCK}
PRAGMA application_id = {APPLICATION};
"""
_MIGRATIONS = (
    "",
    # from version 1, whose rows claim no saving
    "ALTER TABLE rows ADD COLUMN baseline INTEGER NOT NULL DEFAULT 0; UPDATE rows SET baseline = cost;",
    # from version 2, whose index of open holds cost more on each request than a scan of the newest rows at a start
    f"{_CLOCK} DROP INDEX open_holds;",
)
"""By the version that they begin from."""


class LedgerRefused(Exception):
    """The file cannot be used: of a newer version, not ours, damaged, or in use. The text says what to do."""


def connect(path: Path) -> apsw.Connection:
    """Open, create or migrate a ledger; only its owner may read it. Raises LedgerRefused, and leaves such a file alone.

    Nothing else in this process may open the file by a descriptor: closing that would drop SQLite's locks.
    """
    if not path.exists():
        _refuse_rest(path)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    try:
        db = apsw.Connection(str(path))
        db.set_busy_timeout(250)
        version = _version(db, path)
        path.chmod(0o600)  # -wal and -shm take after it
        db.pragma("journal_mode", "wal")
        db.pragma("synchronous", "normal")
        _check(db, path)
        if version < VERSION:
            with db:
                db.execute(_SCHEMA if version == 0 else "".join(_MIGRATIONS[version:]))
                db.pragma("user_version", VERSION)
    except (apsw.CorruptError, apsw.NotADBError) as damaged:
        raise LedgerRefused(_damaged(path, str(damaged))) from damaged
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, OSError) as closed:
        raise LedgerRefused(f"{path} cannot be opened for writing: {closed}.") from closed
    return db


def _refuse_rest(path: Path) -> None:
    """A log without its ledger: that one was torn away from a running Halfpenny, and the log holds its last rows."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise LedgerRefused(
            f"{path} is gone, but its {log.name} is there: put {path.name} back. Or move {log.name} away to begin anew,"
            " with empty budgets."
        )


def _version(db: apsw.Connection, path: Path) -> int:
    """0: nothing is in it yet."""
    application, version = db.pragma("application_id"), db.pragma("user_version")
    if not db.execute("SELECT count(*) FROM sqlite_schema").get:
        return 0
    if application != APPLICATION:
        raise LedgerRefused(f"{path} is not a Halfpenny ledger. Move it away, or choose another data folder.")
    if version > VERSION:
        raise LedgerRefused(
            f"{path} was written by a newer Halfpenny (ledger version {version}; this one knows {VERSION})."
            " Update Halfpenny, or choose another data folder."
        )
    return int(version)


def _check(db: apsw.Connection, path: Path) -> None:
    """A large file would take long: there only what every step needs is looked at."""
    what = "1" if path.stat().st_size <= CHECKED else "counters"
    found = db.execute(f"PRAGMA integrity_check({what})").get
    if found != "ok":
        raise LedgerRefused(_damaged(path, str(found).splitlines()[0]))


def _damaged(path: Path, why: str) -> str:
    return (
        f"{path} is damaged ({why}). Nothing was changed. Put a backup in its place and move {path.name}-wal and"
        f" {path.name}-shm away with the damaged file; or save what can be read with"
        f" `sqlite3 {path.name} .recover`; or move all three away to begin anew, with empty budgets."
    )
