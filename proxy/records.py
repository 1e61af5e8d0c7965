"""Where records are kept: a SQLite file beside the ledger, written in batches by a thread, read by anybody.

Nothing here is money. A file that cannot be written loses records, which are counted and told, and stops no request; a
crash loses the last batch. The newest `keep` records stay.
"""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
from msgspec import DecodeError, json

from proxy.record import Record

FILE = "records.db"
"""Its name in the data folder."""
VERSION = 1
APPLICATION = 0x48504E52
"""`HPNR`: says in the file's header whose it is."""
KEEP = 100_000
FLUSH_SECONDS = 0.5
MAX_WAITING = 10_000
_LOG = logging.getLogger("halfpenny")
_SCHEMA = f"""
CREATE TABLE records (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""
_ENCODE = json.Encoder().encode
_DECODE = json.Decoder(Record).decode


class RecordsRefused(Exception):
    """The file cannot be used. The text says why."""


class Records:
    """Collects records and writes them in batches. Made and used in an event loop."""

    def __init__(self, path: Path, keep: int = KEEP) -> None:
        self._path = path
        self._keep = keep
        self._waiting: list[Record] = []
        self._writing: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "records")
        self._db: apsw.Connection | None = None
        self._silent = False
        self.dropped = 0

    def add(self, record: Record) -> None:
        """Queue a record; beyond a bound it is dropped and counted."""
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        self._waiting.append(record)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        if self._writing is not None and not self._writing.done():
            loop.call_later(FLUSH_SECONDS, self._flush)
            return
        batch, self._waiting = self._waiting, []
        if batch:
            self._writing = loop.run_in_executor(self._thread, self._write, batch)

    async def aclose(self) -> None:
        """Write what waits, and close."""
        if self._writing is not None:
            await self._writing
        batch, self._waiting = self._waiting, []
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close, batch)
        self._thread.shutdown()

    # --- in the thread

    def _write(self, batch: list[Record]) -> None:
        """One transaction. What cannot be written is dropped, and the first such batch is told."""
        try:
            self._db = self._db or _open(self._path)
            rows = [(record.id, record.at, record.key, _ENCODE(record).decode()) for record in batch]
            with self._db as db:
                db.executemany("INSERT OR REPLACE INTO records (id, at, key, record) VALUES (?, ?, ?, ?)", rows)
                db.execute("DELETE FROM records WHERE number <= (SELECT max(number) FROM records) - ?", (self._keep,))
            self._silent = False
        except (apsw.Error, OSError, RecordsRefused) as error:
            self.dropped += len(batch)
            if not self._silent:
                _LOG.error("%s cannot be written (%s): requests go on without their records", self._path, error)
            self._silent = True

    def _close(self, batch: list[Record]) -> None:
        if batch:
            self._write(batch)
        if self._db is not None:
            self._db.close()


def newest(path: Path, limit: int, key: str | None = None) -> list[Record]:
    """The newest records, newest first; with `key`, those of that name. No file yet: none. Raises RecordsRefused."""
    where = "WHERE key = ?" if key is not None else ""
    query = f"SELECT record FROM records {where} ORDER BY number DESC LIMIT ?"
    return _read(path, query, (limit,) if key is None else (key, limit))


def named(path: Path, prefix: str, limit: int = 8) -> list[Record]:
    """Records whose id begins so, at most `limit`, oldest first. Raises RecordsRefused."""
    query = "SELECT record FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
    return _read(path, query, (prefix, prefix + "~", limit))


def _read(path: Path, query: str, values: Iterable[object]) -> list[Record]:
    if not path.exists():
        return []
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(2000)
            if not db.execute("SELECT count(*) FROM sqlite_schema").get:
                return []
            _check(db, path)
            return [_DECODE(row[0]) for row in db.execute(query, tuple(values))]
        finally:
            db.close()
    except (apsw.Error, DecodeError) as error:
        raise RecordsRefused(f"{path} cannot be read ({error}).") from error


def _open(path: Path) -> apsw.Connection:
    """The connection that writes. Raises apsw.Error or RecordsRefused."""
    path.touch(0o600)
    db = apsw.Connection(str(path))
    db.set_busy_timeout(2000)
    if db.execute("SELECT count(*) FROM sqlite_schema").get:
        _check(db, path)
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "normal")
    if not db.pragma("user_version"):
        _create(db)
    return db


def _create(db: apsw.Connection) -> None:
    """Make the table, unless another worker was faster."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        if not db.pragma("user_version"):
            db.execute(_SCHEMA)
    db.execute("COMMIT")


def _check(db: apsw.Connection, path: Path) -> None:
    if db.pragma("application_id") != APPLICATION or db.pragma("user_version") > VERSION:
        raise RecordsRefused(f"{path} is no file of records that this Halfpenny can read")
