"""The ledger's rows and counters in SQLite: the statements. Written by one connection, read by anybody."""

from collections.abc import Iterable
from pathlib import Path

import apsw
from msgspec import json

from proxy.money.books import Attempt, Counter, Name
from proxy.money.ledger import Ending, Hold
from proxy.money.schema import connect
from proxy.money.steps import Row
from routing.budget import Scope

_NAMED = "id, k, at, state, key, asked, model, provider, sent, amount, price_version, scopes"
_INSERT = f"INSERT INTO rows ({_NAMED}) VALUES (?, ?, ?, 'held', ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_POST = f"""INSERT INTO rows ({_NAMED}, ended, answered, input, output, cached, reasoning, usage_source, outcome,
    baseline) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_END = """UPDATE rows SET ended = ?, state = ?, answered = ?, cost = ?, overrun = ?, input = ?, output = ?, cached = ?,
    reasoning = ?, usage_source = ?, outcome = ?, baseline = ? WHERE id = ? AND k = ?"""
_EXPIRE = """UPDATE rows SET state = 'expired', ended = ?, cost = amount, baseline = amount,
    usage_source = 'estimated', outcome = 'lost' WHERE id = ? AND k = ?"""
_FIND = "SELECT state, amount, cost, scopes FROM rows WHERE id = ? AND k = ?"
_HOLDS = "SELECT id, k, amount, scopes FROM rows WHERE id >= ? AND state = 'held' ORDER BY id, k"
_SAVE = "REPLACE INTO counters (rule, window, spent, stopped, alerted) VALUES (?, ?, ?, ?, ?)"
_REMEMBERED = 10_000

_scopes = json.Decoder(tuple[Scope, ...])


class Store:
    """The write connection and the checkpoint's. The rows of `proxy.money.steps`."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises LedgerRefused."""
        self._db = connect(path)
        self._second = apsw.Connection(str(path))
        self._second.set_busy_timeout(250)
        self._second.pragma("user_version")  # only a connection that has read knows of the log
        self._db.set_wal_hook(self._count)  # takes the place of SQLite's own checkpoints inside a commit
        self._written: dict[int, tuple[tuple[Scope, ...], str]] = {}
        self._oldest: str | None = None
        self._latest = ""
        self.pages = 0
        """Pages in the write-ahead log after the last commit."""

    def _count(self, _: apsw.Connection, __: str, pages: int) -> int:
        self.pages = pages
        return apsw.SQLITE_OK

    def begin(self) -> None:
        """Begin a transaction: all or nothing. Raises apsw.Error."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Raises apsw.Error; then `rollback`."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Undo what was begun, if SQLite has not done so already."""
        self._oldest = None
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def insert(self, hold: Hold) -> bool:
        """See `Rows.insert`."""
        h = hold
        named = (h.id, h.k, h.at, h.key, h.asked, h.model, h.provider, h.sent)
        self._db.execute(_INSERT, (*named, h.amount, h.price_version, self._text(h.scopes)))
        if not self._db.changes():
            return False
        self._latest = h.id
        if h.id < self._floor():
            self._oldest = h.id
            self._db.execute("UPDATE clock SET oldest = ?", (h.id,))
        return True

    def _floor(self) -> str:
        """No held row has an id below it: what a start need not look at. Ids are ordered by time, more or less."""
        if self._oldest is None:
            self._oldest = str(self._db.execute("SELECT oldest FROM clock").get)
        return self._oldest

    def post(self, hold: Hold, ending: Ending) -> None:
        """See `Rows.post`."""
        h, e = hold, ending
        named = (h.id, h.k, h.at, e.state, h.key, h.asked, h.model, h.provider, h.sent)
        used = (e.input, e.output, e.cached, e.reasoning, e.usage_source, e.outcome, e.baseline)
        self._db.execute(_POST, (*named, 0, h.price_version, self._text(h.scopes), e.at, e.answered, *used))

    def end(self, ending: Ending, booked: int, overrun: int) -> None:
        """See `Rows.end`."""
        e = ending
        used = (e.input, e.output, e.cached, e.reasoning, e.usage_source, e.outcome, e.baseline)
        self._db.execute(_END, (e.at, e.state, e.answered, booked, overrun, *used, e.id, e.k))

    def expire(self, attempt: Attempt, now: int) -> None:
        """See `Rows.expire`."""
        self._db.execute(_EXPIRE, (now, *attempt))

    def find(self, attempt: Attempt) -> Row | None:
        """See `Rows.find`."""
        for state, amount, cost, scopes in self._db.execute(_FIND, attempt):
            return Row(state, amount, cost, _scopes.decode(scopes))
        return None

    def holds(self) -> list[tuple[Attempt, int, tuple[Scope, ...]]]:
        """See `Rows.holds`."""
        found = self._db.execute(_HOLDS, (self._floor(),))
        return [((id, k), amount, _scopes.decode(scopes)) for id, k, amount, scopes in found]

    def counter(self, name: Name) -> Counter:
        """See `Rows.counter`."""
        found = self._db.execute("SELECT spent, stopped, alerted FROM counters WHERE rule = ? AND window = ?", name)
        return Counter(*(found.fetchone() or ()))

    def save(self, counters: Iterable[tuple[Name, Counter]]) -> None:
        """Write counters."""
        for name, counter in counters:
            self._db.execute(_SAVE, (*name, counter.spent, counter.stopped, counter.alerted))

    def promised(self) -> int:
        """The time up to which the clock may have been read, in epoch nanoseconds."""
        return int(self._db.execute("SELECT promised FROM clock").get)

    def promise(self, until: int, held: Iterable[Attempt]) -> None:
        """Write it, and from which row on there may be held ones."""
        self._oldest = min((id for id, _ in held), default=self._latest or self._floor())
        self._db.execute("UPDATE clock SET promised = ?, oldest = ?", (until, self._oldest))

    def checkpoint(self) -> int:
        """Copy the write-ahead log into the file; returns the pages left because a reader needs them. For a thread."""
        pages, copied = self._second.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return pages - copied

    def close(self) -> None:
        """Close both connections; SQLite empties the log when the last one goes."""
        self._second.close()
        self._db.close()

    def _text(self, scopes: tuple[Scope, ...]) -> str:
        # The requests of a key share one tuple for as long as its windows last, so identity finds the text.
        known = self._written.get(id(scopes))
        if known is None or known[0] is not scopes:
            if len(self._written) >= _REMEMBERED:
                self._written.clear()
            known = self._written[id(scopes)] = (scopes, json.encode(scopes).decode())
        return known[1]
