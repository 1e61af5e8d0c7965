"""A worker that died while it was being started leaves a journal of one record, which must not stop the others. F82."""

from proxy.money.journal import boot_id
from proxy.money.leased.accounts import Accounts
from proxy.money.leased.journal import SUFFIX, Journal
from proxy.money.leased.verify import verify
from proxy.money.ledger import Granted
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.ledgers import hold, settled
from tests.doubles.stores import Stores

SCOPES = (Scope("month", 0, 2_000_000_000, 1_000),)


async def test_who_died_before_the_book_knew_it_is_forgotten(stores: Stores) -> None:
    left = stores.folder / ("dead" + SUFFIX)
    Accounts(Journal(left), "dead", boot_id()).close()
    async with stores.worker() as ledger:
        assert not left.exists()
        assert await ledger.reserve(hold("a", 1_000, *SCOPES)) == Granted()
        await ledger.settle(settled("a", 400))
        await in_time(lambda: verify(ledger))
