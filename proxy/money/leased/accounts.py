"""What one worker holds, booked and leased: memory and its journal, always the same. No network.

Whatever changes is written to the journal first; when that fails nothing has changed.
"""

from collections.abc import Iterable

from proxy.money.books import Attempt, Name
from proxy.money.leased.journal import LARGEST, Begun, Dispatched, Ended, Held, Journal, Record, Touched
from proxy.money.leased.rows import Row, row
from proxy.money.leased.slices import Slice
from proxy.money.ledger import Ending, Hold, LedgerUnavailable, State
from routing.budget import Scope

MOST_ROWS = 100_000
"""Rows that may wait for the book of record."""
MOST_BYTES = 256 << 20
"""The journal's size from which no new hold is taken."""
REMEMBERED = 100_000
"""Ended attempts whose repetition is recognised."""

Parts = list[tuple[Slice, Scope]]


class Accounts:
    """`owner` is the worker's id, new with each start."""

    def __init__(self, journal: Journal, owner: str, boot: str) -> None:
        """Begin the journal. Raises OSError."""
        self.owner = owner
        self.slices: dict[Name, Slice] = {}
        self.holds: dict[Attempt, tuple[Hold, Parts]] = {}
        self.ended: dict[Attempt, tuple[Hold, Ended]] = {}
        """Ended attempts that are not in the book of record yet, in order."""
        self.recent: dict[Attempt, State] = {}
        self._dispatched: set[Attempt] = set()
        self._begun = Begun(owner, boot)
        self._journal = journal
        journal.begin([self._begun])

    def parts(self, scopes: Iterable[Scope]) -> Parts:
        """The slices of these scopes. Raises LedgerUnavailable."""
        found = []
        for scope in scopes:
            part = self.slices.get((scope.rule, scope.window))
            if part is None:
                self._write(Touched(scope))
                part = self.slices[scope.rule, scope.window] = Slice(scope)
            found.append((part, scope))
        return found

    def take(self, hold: Hold, parts: Parts, now: float) -> None:
        """Hold an amount that fits. Raises LedgerUnavailable."""
        if len(self.ended) >= MOST_ROWS or self._journal.size >= MOST_BYTES:
            raise LedgerUnavailable("the book of record is too far behind")
        self._write(Held(hold))
        for part, scope in parts:
            part.take(scope, hold.amount, now)
        self.holds[hold.id, hold.k] = hold, parts

    def dispatched(self, attempt: Attempt) -> None:
        """Note that it may be billed from here on. Raises LedgerUnavailable."""
        if attempt in self.holds and attempt not in self._dispatched:
            self._write(Dispatched(*attempt))
            self._dispatched.add(attempt)

    def end(self, ending: Ending) -> bool:
        """End a held attempt; False when it is not held. Raises LedgerUnavailable, and then it stays held."""
        attempt = (ending.id, ending.k)
        kept = self.holds.get(attempt)
        if kept is None:
            return False
        hold, parts = kept
        booked = min(ending.cost, hold.amount) if ending.state == "settled" else 0
        end = Ended(ending, ending.state, booked)
        self._write(end)
        del self.holds[attempt]
        self._dispatched.discard(attempt)
        for part, _ in parts:
            part.end(hold.amount, booked)
        self._remember(attempt, hold, end)
        return True

    def post(self, hold: Hold, ending: Ending) -> None:
        """Write a row that took no hold. Raises LedgerUnavailable."""
        attempt = (hold.id, hold.k)
        if attempt in self.recent or attempt in self.holds:
            return
        end = Ended(ending, ending.state, 0)
        self._write(Held(hold), end)
        self._remember(attempt, hold, end)

    def remember(self, rows: Iterable[tuple[str, int, State]]) -> None:
        """Attempts that ended in other lives: they are not held again."""
        self.recent.update({(id, k): state for id, k, state in rows})

    def batch(self) -> tuple[list[Row], dict[Name, int]]:
        """All rows that wait, and what each counter's booked sum will be with them."""
        pairs = list(self.ended.values())
        names = {(scope.rule, scope.window) for hold, _ in pairs for scope in hold.scopes}
        return [row(*pair) for pair in pairs], {name: self.slices[name].cum for name in names if name in self.slices}

    def shipped(self, rows: Iterable[Row], sums: dict[Name, int]) -> None:
        """The book of record has them."""
        for one in rows:
            self.ended.pop((one.id, one.k), None)
        for name, cum in sums.items():
            self.slices[name].shipped = cum
        if self._journal.size > LARGEST and len(self.ended) < 1000:
            self._compact()

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def _compact(self) -> None:
        records: list[Record] = [self._begun]
        records += [Touched(part.scope, part.shipped) for part in self.slices.values()]
        for hold, _ in self.holds.values():
            records.append(Held(hold))
            if (hold.id, hold.k) in self._dispatched:
                records.append(Dispatched(hold.id, hold.k))
        for hold, end in self.ended.values():
            records += [Held(hold), end]
        try:
            self._journal.begin(records)
        except OSError as error:
            raise LedgerUnavailable(error.strerror or "the journal") from error

    def _remember(self, attempt: Attempt, hold: Hold, end: Ended) -> None:
        self.ended[attempt] = hold, end
        self.recent[attempt] = end.state
        if len(self.recent) > REMEMBERED:
            del self.recent[next(iter(self.recent))]

    def _write(self, *records: Record) -> None:
        try:
            self._journal.append(*records)
        except OSError as error:
            raise LedgerUnavailable(error.strerror or "the journal") from error
