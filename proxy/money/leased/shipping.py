"""Final rows from the journal to the book of record, in batches, each exactly once whatever happens on the way."""

import asyncio
import logging
from collections.abc import Callable

from proxy.money.books import Name
from proxy.money.leased.accounts import Accounts
from proxy.money.leased.book import Book, BookLost, Claim
from proxy.money.leased.rows import Row
from proxy.money.leased.slices import Slice

EVERY = 0.03
"""Seconds that rows wait for company."""

_log = logging.getLogger("halfpenny.money")


class Shipper:
    """Ships; `after` is called with the slices whose shipped money changed."""

    def __init__(self, accounts: Accounts, book: Book, after: Callable[[list[Slice]], None]) -> None:
        self._accounts = accounts
        self._book = book
        self._after = after
        self.number = 0
        """Of the last batch that stands in the book of record."""
        self._pending: tuple[list[Row], dict[Name, int], list[Claim]] | None = None
        self.lock = asyncio.Lock()
        self.down = False

    async def flush(self, final: bool = False) -> None:
        """Hand over all that waits. Raises BookLost; then nothing is forgotten, and the same is handed over again."""
        async with self.lock:
            await self.flush_locked(final)

    async def flush_locked(self, final: bool = False) -> None:
        """As `flush`, by whoever has the lock."""
        while self._pending is not None or self._accounts.ended:
            await self._ship()
        if final:  # with what was given back since: who is gone leases nothing, and no later epoch may think so
            claims = [part.claim(part.shipped) for part in self._accounts.slices.values()]
            await self._send(([], {}, claims), True)

    async def rejoin(self) -> None:
        """The book of record does not know the last batch: agree on one again. By whoever has the lock."""
        await self._send(([], {}, []), False)

    async def _ship(self) -> None:
        if self._pending is None:  # what was sent and not answered is sent again as it was
            rows, sums = self._accounts.batch()
            self._pending = rows, sums, [self._accounts.slices[name].claim(cum) for name, cum in sums.items()]
        rows, sums, _ = self._pending
        await self._send(self._pending, False)
        self._pending = None
        self._accounts.shipped(rows, sums)
        self._after([self._accounts.slices[name] for name in sums])

    async def _send(self, batch: tuple[list[Row], dict[Name, int], list[Claim]], final: bool) -> None:
        rows, _, claims = batch
        try:
            owner = self._accounts.owner
            stands = await self._book.ship(owner, self.number + 1, rows, claims, final)
            while stands != self.number + 1:  # not that one: a batch that is not known was not written
                await self._book.join(owner, "")
                self.number = stands
                stands = await self._book.ship(owner, self.number + 1, rows, claims, final)
        except BookLost as error:
            if not self.down:
                self.down = True
                _log.warning("Postgres is away (%s); rows wait in the journal", error)
            raise
        self.number += 1
        if self.down:
            self.down = False
            _log.warning("Postgres is back")
