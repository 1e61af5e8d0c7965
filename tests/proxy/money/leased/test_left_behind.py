"""F40: no lease stays behind when its owner is gone, whenever Redis forgets: each way in which one did, or could."""

from pathlib import Path

from proxy.money.journal import boot_id
from proxy.money.leased.accounts import Accounts
from proxy.money.leased.book import Claim
from proxy.money.leased.journal import SUFFIX, Journal
from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.opening import open_leased
from proxy.money.leased.verify import verify
from proxy.money.ledger import Granted
from routing.budget import Scope
from tests.doubles.eventually import eventually, in_time
from tests.doubles.forwarder import Forwarder
from tests.doubles.ledgers import hold, settled, void
from tests.doubles.stores import UNHURRIED, Stores
from tests.money.grown import book

WIDE = Scope("wide", 0, 2_000_000_000, 100_000)
NAME = ("wide", 0)


async def shares(ledger: LeasedLedger) -> list[tuple[int, int]]:
    """What the book of record says of each owner: spent, leased."""
    found = await book(ledger).fetch('SELECT spent, level FROM shares WHERE rule = $1 AND "window" = $2', *NAME)
    return [(row["spent"], row["level"]) for row in found]


async def test_what_a_worker_gave_back_before_it_left_does_not_come_back_with_the_next_epoch(stores: Stores) -> None:
    """Its last rows told the book of a lease ahead; that it went back, nobody but Redis had heard, and Redis forgot."""
    async with stores.worker() as gone:
        assert await gone.reserve(hold("a", 100, WIDE)) == Granted()
        await gone.settle(settled("a", 40))
        await gone.flush()
        assert (await shares(gone))[0][1] > 0
    stores.redis.say("FLUSHALL")
    async with stores.worker() as ledger:
        await ledger.room((WIDE,))
        assert await stores.counter(ledger, NAME) == (40, 0)
        assert await shares(ledger) == [(40, 0)]


async def test_a_worker_whose_last_word_was_not_answered_is_recovered(stores: Stores, tmp_path: Path) -> None:
    line = Forwarder(tmp_path / "redis.sock", stores.redis.socket)
    await line.mend()
    url = f"unix://{tmp_path / 'redis.sock'}"
    gone = await open_leased(url, stores.url, stores.folder, stores.notices.append, timeout=UNHURRIED)
    assert await gone.reserve(hold("a", 100, WIDE)) == Granted()
    await gone.settle(void("a"))
    await gone.flush()
    line.cut()
    await gone.aclose()
    await line.aclose()
    async with stores.worker() as ledger:
        await in_time(lambda: verify(ledger))
        assert await stores.counter(ledger, NAME) == (0, 0)


async def test_a_counter_made_from_what_the_book_said_before_a_recovery(stores: Stores) -> None:
    """Somebody has read the dead worker's lease and is about to make the counter, while a sibling closes the lease."""
    async with stores.worker() as ledger:
        assert ledger.fencing.epoch is not None
        epoch, asked = ledger.fencing.epoch.number, exchanges(stores)
        await ledger.book.join("dead", "")
        assert await ledger.book.register("dead", epoch, [Claim(*NAME, 0, 100)], 0)
        opening = await ledger.book.opening(epoch, NAME)
        assert opening.fresh and [share.level for share in opening.shares] == [100]
        dead = Accounts(Journal(stores.folder / ("dead" + SUFFIX)), "dead", boot_id())
        dead.parts((WIDE,))
        dead.close()
        await eventually(lambda: exchanges(stores) > asked)
        await ledger.lender.open(epoch, NAME, opening)

        async def went_back() -> bool:
            return await stores.counter(ledger, NAME) == (0, 0) and await ledger.room((WIDE,)) == WIDE.limit

        await in_time(went_back)


def exchanges(stores: Stores) -> int:
    """How many scripts Redis has run."""
    said = stores.redis.say("INFO", "commandstats").decode()
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in said.splitlines() if "evalsha" in line)


async def test_a_dead_workers_word_that_comes_after_its_recovery_changes_nothing(stores: Stores) -> None:
    """Sent to Postgres before the `kill -9`, and read there after a sibling had closed the owner."""
    async with stores.worker() as ledger:
        await ledger.book.join("dead", "")
        assert await ledger.book.ship("dead", 1, [], [Claim(*NAME, 0, 0)], True) == 1
        assert not await ledger.book.register("dead", 1, [Claim(*NAME, 0, 700)], 0)
        assert await shares(ledger) == [(0, 0)]
        assert len(await book(ledger).fetch("SELECT owner FROM owners WHERE owner = 'dead' AND closed")) == 1


async def test_a_batch_that_was_overtaken_changes_nothing(stores: Stores) -> None:
    """Sent, not answered, sent again with what came since; the first one is read last."""
    async with stores.worker() as ledger:
        await ledger.book.join("slow", "")
        assert await ledger.book.ship("slow", 2, [], [Claim(*NAME, 300, 0)], False) == 2
        assert await ledger.book.ship("slow", 1, [], [Claim(*NAME, 100, 900)], False) == 2
        assert await shares(ledger) == [(300, 0)]
