"""The responses that clients asked us to keep, each for the key that asked: a file beside the ledger.

A response holds what was said: that is what its client wants kept (`store`, true unless it says otherwise). Whoever
does not want it says `store: false`, or `x-halfpenny-no-store`. What is older than KEPT goes.
"""

import json
from pathlib import Path

import apsw
import msgspec
from msgspec import Raw, Struct

FILE = "responses.db"
KEPT = 30 * 86_400
"""Seconds: OpenAI keeps them for 30 days."""
MOST = 10_000
"""Of one key: the oldest go."""
BUSY_MS = 1000

_ENCODE = msgspec.json.Encoder().encode
_ITEMS = msgspec.json.Decoder(list[Raw])


class Kept(Struct, frozen=True):
    """A kept response: its own JSON, and the items that it answered."""

    response: bytes
    input: list[Raw]


class Store:
    """The file, which several workers share. Raises apsw.Error when it cannot be opened."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        path.touch(mode=0o600, exist_ok=True)
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(BUSY_MS)
        self._db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS responses (id TEXT PRIMARY KEY, key TEXT NOT NULL, at INTEGER NOT NULL,"
            " input BLOB NOT NULL, response BLOB NOT NULL) WITHOUT ROWID"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS by_key ON responses (key, at)")

    def shelf(self, key: str) -> "Shelf":
        """What is kept for this key."""
        return Shelf(self._db, key)

    def close(self) -> None:
        """No shelf may be used any more."""
        self._db.close()


class Shelf:
    """One key's responses."""

    def __init__(self, db: apsw.Connection, key: str) -> None:
        self._db, self._key = db, key

    def put(self, id: str, at: int, input: list[Raw], response: bytes) -> None:
        """Keep one; `at` is in epoch seconds. What is too old or too much goes."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)", (id, self._key, at, _ENCODE(input), response)
            )
            self._db.execute("DELETE FROM responses WHERE key = ? AND at < ?", (self._key, at - KEPT))
            self._db.execute(
                "DELETE FROM responses WHERE id IN"
                " (SELECT id FROM responses WHERE key = ? ORDER BY at DESC, id LIMIT -1 OFFSET ?)",
                (self._key, MOST),
            )

    def get(self, id: str) -> Kept | None:
        """The response with this id, if it is this key's."""
        sql = "SELECT response, input FROM responses WHERE id = ? AND key = ?"
        row = self._db.execute(sql, (id, self._key)).fetchone()
        return Kept(row[0], _ITEMS.decode(row[1])) if row else None

    def delete(self, id: str) -> bool:
        """Forget it; whether it was there."""
        self._db.execute("DELETE FROM responses WHERE id = ? AND key = ?", (id, self._key))
        return self._db.changes() > 0

    def conversation(self, id: str) -> list[Raw] | None:
        """The items up to the end of this response."""
        kept = self.get(id)
        if kept is None:
            return None
        return [*kept.input, *(Raw(_ENCODE(item)) for item in json.loads(kept.response)["output"])]
