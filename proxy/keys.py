"""Keys: who may ask. Written by the command line, read by the worker; only digests are kept.

A key is `sk-hp-` and 256 random bits, so that a plain SHA-256 of it can be neither guessed nor reversed. Its digest
carries a version byte. The file is a SQLite file of its own, whose data version says whether anything changed.
"""

import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from routing.budget import Allowance, named_well
from routing.money import LARGEST, NANO, human

PREFIX = "sk-hp-"
DEVELOPMENT = "development"
FILE = "keys.db"
DEVELOPMENT_FILE = "dev.key"
PATIENCE = 10_000
"""Milliseconds that an opening process waits for others that open the file too."""
STALE = 0.25
"""Seconds after which a change of the file is looked for again."""

_VERSION = 2
_SCHEMA = f"""
CREATE TABLE keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, revoked INTEGER,
    "limit" INTEGER, window TEXT, team TEXT NOT NULL DEFAULT '') STRICT;
CREATE UNIQUE INDEX live_names ON keys (name) WHERE revoked IS NULL;
PRAGMA user_version = {_VERSION};
"""
_MIGRATE = f"""
ALTER TABLE keys ADD COLUMN team TEXT NOT NULL DEFAULT '';
PRAGMA user_version = {_VERSION};
"""
"""From version 1, which knew no teams."""
_READ = 'SELECT id, name, created, revoked, "limit", window, digest, team FROM keys'


class KeyRefused(Exception):
    """A key cannot be made, found or read; the text says why and what to do."""


class Key(Struct, frozen=True):
    """A live key. `name` is what rules and counters call it, `allowance` the limit that it carries itself.

    `team`, which may be empty, is whom limits can count it with.
    """

    id: str
    name: str
    allowance: Allowance | None = None
    team: str = ""


class Listed(Struct, frozen=True):
    """A key as the operator sees it; times in epoch nanoseconds."""

    key: Key
    created: int
    revoked: int | None


def unfit(allowance: Allowance | None) -> str:
    """Why a key's own limit cannot be counted, on Redis too; empty when all is well."""
    if allowance is None or 0 <= allowance.limit <= LARGEST * NANO:
        return ""
    return f"a limit is at most ${LARGEST:,} and not below zero, not {human(allowance.limit)}"


def digest(presented: str) -> bytes:
    """The version byte and the SHA-256 of a key as a client presents it."""
    return b"\x01" + sha256(presented.encode("utf-8", "surrogatepass")).digest()


class KeyStore:
    """The operator's side of the file: create, list, revoke. `clock` gives epoch nanoseconds."""

    def __init__(
        self, path: Path, clock: Callable[[], int], entropy: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        """Open or create. Raises KeyRefused."""
        self._db = _open(path)
        self._clock = clock
        self._entropy = entropy

    def create(self, name: str, allowance: Allowance | None = None, team: str = "") -> tuple[Key, str]:
        """A new key and, this once, the secret to give to its owner. Raises KeyRefused (see `register`)."""
        secret = PREFIX + urlsafe_b64encode(self._entropy(32)).rstrip(b"=").decode()
        return self.register(name, secret, allowance, team), secret

    def register(self, name: str, secret: str, allowance: Allowance | None = None, team: str = "") -> Key:
        """Let a secret in that exists already. Raises KeyRefused: a bad or taken name, too large a limit."""
        if not (named_well(name) and (not team or named_well(team))):
            raise KeyRefused("A name of a key or a team is up to 64 letters, digits, `.`, `_`, `-`.")
        if why := unfit(allowance):
            raise KeyRefused(f"The key is not made: {why}.")
        key = Key("key_" + self._entropy(8).hex(), name, allowance, team)
        limit, window = (None, None) if allowance is None else (allowance.limit, allowance.window)
        try:
            self._db.execute(
                "INSERT INTO keys VALUES (?, ?, ?, ?, NULL, ?, ?, ?)",
                (key.id, name, digest(secret), self._clock(), limit, window, team),
            )
        except apsw.ConstraintError:
            raise KeyRefused(f"There is a key `{name}` already: revoke it first, or choose another name.") from None
        return key

    def list(self) -> tuple[Listed, ...]:
        """All keys, the oldest first, revoked ones too."""
        return tuple(_listed(row) for row in self._db.execute(_READ + " ORDER BY created, id"))

    def find(self, secret: str) -> Listed | None:
        """The key that a secret belongs to, revoked or not."""
        for row in self._db.execute(_READ + " WHERE digest = ?", (digest(secret),)):
            return _listed(row)
        return None

    def revoke(self, wanted: str) -> Key:
        """End the live key of that name or id. Raises KeyRefused when there is none."""
        ended = self._db.execute(
            "UPDATE keys SET revoked = ?1 WHERE (name = ?2 OR id = ?2) AND revoked IS NULL RETURNING id, name",
            (self._clock(), wanted),
        ).fetchone()
        if ended is None:
            raise KeyRefused(f"There is no live key `{wanted[:80]}`; `halfpenny keys list` shows all.")
        return Key(*ended)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Keyring:
    """The worker's side: who presented this key? Digests are in memory; changes of the file are seen within 250 ms."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises KeyRefused."""
        self._db = _open(path)
        self._db.set_busy_timeout(5)  # on the loop: rather look again a moment later
        self._live: dict[bytes, Key] = {}
        self._seen: int | None = None
        self._looked = float("-inf")

    def find(self, presented: str, now: float) -> Key | None:
        """The live key, or None; the same work whether it is unknown or revoked. `now`: seconds, monotonic."""
        if now - self._looked >= STALE:
            self._look(now)
        return self._live.get(digest(presented))

    def named(self, name: str, now: float) -> Key | None:
        """The live key of that name, for whoever may come without one. `now`: seconds, monotonic."""
        if now - self._looked >= STALE:
            self._look(now)
        return next((key for key in self._live.values() if key.name == name), None)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _look(self, now: float) -> None:
        self._looked = now
        try:
            version = self._db.pragma("data_version")
            if version == self._seen:
                return
            rows: list[Any] = self._db.execute(_READ + " WHERE revoked IS NULL").fetchall()
        except apsw.BusyError:
            return
        self._live = {bytes(row[6]): _listed(row).key for row in rows}
        self._seen = version


def development_key(folder: Path, clock: Callable[[], int]) -> str:
    """The secret of the key `development`, kept in `dev.key` (mode 0600); made when the file or its row is missing."""
    store = KeyStore(folder / FILE, clock)
    path = folder / DEVELOPMENT_FILE
    try:
        secret = path.read_text("ascii").strip() if path.exists() else ""
        known = store.find(secret) if secret else None
        if known is not None and known.revoked is None and known.key.name == DEVELOPMENT:
            return secret
        if any(k.key.name == DEVELOPMENT and k.revoked is None for k in store.list()):
            store.revoke(DEVELOPMENT)  # its secret is lost
        if known is None and secret.startswith(PREFIX) and len(secret) == len(PREFIX) + 43:
            store.register(DEVELOPMENT, secret)
            return secret
        _, secret = store.create(DEVELOPMENT)
        _write_private(path, secret + "\n")
        return secret
    finally:
        store.close()


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _listed(row: tuple[Any, ...]) -> Listed:
    id, name, created, revoked, limit, window, _, team = row
    return Listed(Key(id, name, None if limit is None else Allowance(limit, window), team), created, revoked)


def _open(path: Path) -> apsw.Connection:
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = apsw.Connection(str(path))
        db.set_busy_timeout(PATIENCE)
        version = db.pragma("user_version")
        if version < _VERSION:
            version = _prepare(db)
    except (apsw.Error, OSError) as error:
        raise KeyRefused(f"{path} cannot be opened ({error}).") from error
    if version > _VERSION:
        db.close()
        raise KeyRefused(f"{path} was written by a newer Halfpenny. Update Halfpenny, or choose another data folder.")
    return db


def _prepare(db: apsw.Connection) -> int:
    """Make the table or bring it up to date, unless another process was faster; the version that it has then."""
    db.execute("BEGIN IMMEDIATE")  # a transaction that read first could not wait for its turn to write
    try:
        version = int(db.pragma("user_version"))
        if version < _VERSION:
            db.execute(_SCHEMA if version == 0 else _MIGRATE)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return max(version, _VERSION)
