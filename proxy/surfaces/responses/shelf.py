"""The responses that clients asked us to keep, each for the key that asked: a file beside the ledger.

A response holds what was said: that is what its client wants kept (`store`, true unless it says otherwise). Whoever
does not want it says `store: false`, or `x-halfpenny-no-store`. What is older than KEPT goes. The file is opened when
it is first needed: a proxy whose file cannot be opened still answers, and says of each response that it is not kept.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import msgspec
from msgspec import Raw, Struct

from providers.errors import HalfpennyError

FILE = "responses.db"
KEPT = 30 * 86_400
"""Seconds: OpenAI keeps them for 30 days."""
MOST = 10_000
"""Responses of one key: the oldest go."""
MOST_BYTES = 1 << 28
"""Of one key: the oldest go, so that no key fills the disk that the ledger writes to."""
BUSY_MS = 1000
SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS kept (id TEXT PRIMARY KEY, key TEXT NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL,
    input BLOB NOT NULL, response BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_by_key ON kept (key, at, id, size);
CREATE INDEX IF NOT EXISTS kept_by_age ON kept (at);
"""
KEPT_ON = 0.9
"""The share of either limit that is kept when it is passed, so that not every answer sorts them all."""
HAS = "SELECT count(*), total(size) FROM kept WHERE key = ?"
TOO_MUCH = """
DELETE FROM kept WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER newest AS place, sum(size) OVER newest AS total FROM kept
                    WHERE key = ? WINDOW newest AS (ORDER BY at DESC, id DESC))
    WHERE place > ? OR total > ?)
"""

_ENCODE = msgspec.json.Encoder().encode
_ITEMS = msgspec.json.Decoder(list[Raw])
Connected = Callable[[], apsw.Connection]


class Unkept(HalfpennyError):
    """The file cannot be read or written now."""

    status = 503
    code = "response_store_unavailable"
    retryable = True


class Kept(Struct, frozen=True):
    """A kept response: its own JSON, and the items that it answered."""

    response: bytes
    input: list[Raw]


class Store:
    """The file, which several workers share."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._db: apsw.Connection | None = None

    def shelf(self, key: str) -> "Shelf":
        """What is kept for this key."""
        return Shelf(self._connection, key)

    def close(self) -> None:
        """No shelf may be used any more."""
        if self._db is not None:
            self._db.close()

    def _connection(self) -> apsw.Connection:
        if self._db is None:
            self._path.touch(mode=0o600, exist_ok=True)
            db = apsw.Connection(str(self._path))
            try:
                db.set_busy_timeout(BUSY_MS)
                db.execute(SCHEMA).fetchall()  # apsw goes on after a row only when it is taken
            except apsw.Error:
                db.close()
                raise
            self._db = db
        return self._db


class Shelf:
    """One key's responses. Every method raises Unkept where the file does not do its part."""

    def __init__(self, connected: Connected, key: str) -> None:
        self._connected, self._key = connected, key

    def put(self, id: str, at: int, input: list[Raw], response: bytes) -> None:
        """Keep one; `at` is in epoch seconds. What is too old or too much goes."""
        asked = _ENCODE(input)
        with _open(self._connected) as db, db:
            row = (id, self._key, at, len(asked) + len(response), asked, response)
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)", row)
            db.execute("DELETE FROM kept WHERE at < ?", (at - KEPT,))
            ((count, size),) = db.execute(HAS, (self._key,))
            if count > MOST or size > MOST_BYTES:
                db.execute(TOO_MUCH, (self._key, int(MOST * KEPT_ON), int(MOST_BYTES * KEPT_ON)))

    def get(self, id: str) -> Kept | None:
        """The response with this id, if it is this key's."""
        with _open(self._connected) as db:
            sql = "SELECT response, input FROM kept WHERE id = ? AND key = ?"
            row = db.execute(sql, (id, self._key)).fetchone()
        return Kept(row[0], _ITEMS.decode(row[1])) if row else None

    def delete(self, id: str) -> bool:
        """Forget it; whether it was there."""
        with _open(self._connected) as db:
            db.execute("DELETE FROM kept WHERE id = ? AND key = ?", (id, self._key))
            return db.changes() > 0

    def conversation(self, id: str) -> list[Raw] | None:
        """The items up to the end of this response."""
        kept = self.get(id)
        return None if kept is None else [*kept.input, *_output(kept)]

    def item(self, id: str) -> Raw | None:
        """An item of a kept response's output: its id names the response and its place there."""
        _kind, _, rest = id.partition("_")
        request, _, place = rest.rpartition("_")
        kept = self.get(f"resp_{request}")
        found = dict(enumerate(_output(kept))) if kept is not None else {}
        return found.get(int(place)) if place.isdecimal() and len(place) < 6 else None


def _output(kept: Kept) -> list[Raw]:
    return [Raw(_ENCODE(item)) for item in json.loads(kept.response)["output"]]


@contextmanager
def _open(connected: Connected) -> Iterator[apsw.Connection]:
    try:
        yield connected()
    except (apsw.Error, OSError) as error:
        raise Unkept(f"What is kept of responses cannot be reached now ({type(error).__name__}).") from None
