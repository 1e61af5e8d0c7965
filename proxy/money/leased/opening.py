"""Opens the grown ledger: connects, checks what could lose money, takes a journal, and waits until budgets are open."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from time import monotonic, monotonic_ns, time_ns

from proxy.money.journal import boot_id
from proxy.money.leased import postgres, redis
from proxy.money.leased.accounts import Accounts
from proxy.money.leased.book import BookLost
from proxy.money.leased.clock import SharedClock
from proxy.money.leased.journal import SUFFIX, Journal
from proxy.money.leased.ledger import LeasedLedger, new_owner
from proxy.money.leased.lender import LenderLost
from proxy.money.ledger import LedgerUnavailable, Notice
from proxy.money.lock import FileLock
from proxy.money.schema import LedgerRefused
from routing.budget import Rule

LARGEST_LIMIT = 2**53
"""n$ up to which Redis' scripts count exactly."""
GRACE = 600.0
"""Seconds until a worker that nobody hears of, and whose machine is gone, is counted by what was recorded of it."""
PATIENCE = 10.0

_log = logging.getLogger("halfpenny.money")


async def open_leased(
    redis_url: str,
    postgres_url: str,
    folder: Path,
    notice: Callable[[Notice], None],
    rules: tuple[Rule, ...] = (),
    timeout: float = redis.TIMEOUT,
    grace: float = GRACE,
    wall: Callable[[], int] = time_ns,
    kind: type[LeasedLedger] = LeasedLedger,
) -> LeasedLedger:
    """A ledger that is open for holds. `folder` is this machine's data folder, for journals. Raises LedgerRefused."""
    _check(rules)
    lender = redis.RedisLender(redis_url, timeout)
    try:
        await redis.check(lender.client)
        book = await postgres.connect(postgres_url)
    except BaseException:
        await lender.aclose()
        raise
    accounts, lock = _accounts(folder)
    await _join(book, accounts.owner, rules)
    clock = SharedClock(monotonic_ns, wall)
    ledger = kind(accounts, lender, book, clock, monotonic, notice, folder, grace, lock)
    try:
        await _enter(ledger)
    except BaseException:
        await ledger.aclose()
        raise
    return ledger


async def _join(book: postgres.PostgresBook, owner: str, rules: tuple[Rule, ...]) -> None:
    digest = hashlib.sha256(repr(rules).encode()).hexdigest()[:16]
    if await book.others(digest):
        _log.warning("another worker counts with other budget rules: let all of them have the same config.yaml")
    await book.join(owner, digest)


async def _enter(ledger: LeasedLedger) -> None:
    last = "other workers have not answered"
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await ledger.keeper.look()
                    if ledger.fencing.epoch is not None:
                        await ledger.keeper.recovery.recover()
                        ledger.accounts.remember(await ledger.book.latest())
                        break
                except (BookLost, LenderLost, LedgerUnavailable) as error:
                    last = str(error)
                await asyncio.sleep(0.02)
    except TimeoutError:
        _log.warning("budgets stay closed for now: %s", last)
    ledger.begin()


def _accounts(folder: Path) -> tuple[Accounts, FileLock]:
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = new_owner()
    lock = FileLock(folder / f"{owner}.lock")  # before the journal: nobody may take it for a dead one's
    return Accounts(Journal(folder / (owner + SUFFIX)), owner, boot_id()), lock


def _check(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        if rule.limit > LARGEST_LIMIT:
            raise LedgerRefused(f"The limit of budget '{rule.name}' is too large for Redis: $9000000 is the most.")
