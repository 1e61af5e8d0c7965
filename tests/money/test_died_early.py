"""A worker of several machines that died early: before the others knew it, or before its rows were handed over. F82."""

from proxy.money.journal import boot_id
from proxy.money.leased.accounts import Accounts
from proxy.money.leased.journal import SUFFIX, Journal
from proxy.money.leased.opening import open_leased
from proxy.money.leased.verify import verify
from proxy.money.ledger import Granted
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.ledgers import hold, settled
from tests.doubles.stores import Stores
from tests.money.grown import abandon

SCOPES = (Scope("month", 0, 2_000_000_000, 1_000),)


async def test_who_died_before_the_book_knew_it_is_forgotten(stores: Stores) -> None:
    left = stores.folder / ("dead" + SUFFIX)
    Accounts(Journal(left), "dead", boot_id()).close()
    async with stores.worker() as ledger:
        assert not left.exists()
        assert await ledger.reserve(hold("a", 1_000, *SCOPES)) == Granted()
        await ledger.settle(settled("a", 400))
        await in_time(lambda: verify(ledger))


async def test_an_acknowledged_end_outlives_its_worker_though_nobody_was_told_f36(stores: Stores) -> None:
    dead = await open_leased(stores.redis.url, stores.url, stores.folder, stores.notices.append, timeout=5)
    for id in ("a", "b", "c"):
        assert await dead.reserve(hold(id, 300, *SCOPES)) == Granted()
        dead.dispatched(id, 0)
    await dead.settle(settled("a", 111))
    await dead.settle(settled("b", 22))
    await abandon(dead)
    async with stores.worker() as ledger:
        found = [(row["id"], row["state"], row["cost"]) for row in await stores.rows(ledger)]
        assert found == [("a", "settled", 111), ("b", "settled", 22), ("c", "expired", 300)]
        assert await ledger.room(SCOPES) == 1_000 - 433
