"""What becomes of a dead worker's holds and leases: F35, F45, F52, a power cut, and a machine that is gone."""

from pathlib import Path

from proxy.money.leased.journal import SUFFIX, Begun, Journal, read
from proxy.money.leased.ledger import LeasedLedger
from proxy.money.leased.verify import verify
from proxy.money.ledger import Granted
from routing.budget import Scope
from tests.doubles.eventually import in_time
from tests.doubles.ledgers import hold, settled
from tests.doubles.stores import Stores

SMALL = Scope("small", 0, 2_000_000_000, 1_000)


async def leave_holds(ledger: LeasedLedger) -> None:
    """One settled, one dispatched, one not; then it dies."""
    for id, amount in (("done", 100), ("sent", 200), ("idle", 300)):
        assert await ledger.reserve(hold(id, amount, SMALL)) == Granted()
    ledger.dispatched("sent", 0)
    await ledger.settle(settled("done", 40))
    await ledger.halt()


async def found(stores: Stores, ledger: LeasedLedger) -> dict[str, tuple[str, int]]:
    return {row["id"].split("/")[0]: (row["state"], row["cost"]) for row in await stores.rows(ledger)}


async def test_f35_a_sibling_recovers_what_a_dead_worker_left(stores: Stores) -> None:
    async with stores.worker() as sibling:
        async with stores.worker() as dead:
            await leave_holds(dead)

            async def recovered() -> bool:
                return len(await found(stores, sibling)) == 3 and await verify(sibling)

            await in_time(recovered)
        expected = {"done": ("settled", 40), "sent": ("expired", 200), "idle": ("void", 0)}
        assert await found(stores, sibling) == expected
        assert await sibling.room((SMALL,)) == 1_000 - 240
        for _ in range(2):  # F52: the truth replaces the estimate once
            await sibling.settle(settled("sent", 150))
        assert await stores.counter(sibling, ("small", 0)) == (190, 0)
        assert await verify(sibling)


async def test_a_journal_of_another_boot_may_have_lost_its_end_so_the_whole_lease_is_spent(stores: Stores) -> None:
    async with stores.worker() as dead:
        await leave_holds(dead)
    (path,) = stores.folder.glob("*" + SUFFIX)
    begun, *records = read(path)
    assert isinstance(begun, Begun)
    journal = Journal(path)
    journal.begin([Begun(begun.owner, "another boot"), *records[:2]])  # its end was never on the disk
    journal.close()
    async with stores.worker() as ledger:
        await in_time(lambda: verify(ledger))
        spent, leased = await stores.counter(ledger, ("small", 0))
        assert spent >= 600 and leased == 0
        assert await ledger.room((SMALL,)) == 1_000 - spent


async def test_a_lost_machine_counts_as_spent_after_the_grace_and_may_come_back(stores: Stores, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    async with stores.worker(here, grace=3) as sibling:
        async with stores.worker(there) as lost:
            await leave_holds(lost)

        async def posted() -> bool:
            return (await stores.counter(sibling, ("small", 0)))[0] >= 600 and await verify(sibling)

        await in_time(posted)
        assert (await found(stores, sibling))["lease"][0] == "expired"
    async with stores.worker(there) as back:  # its disk was found: the journal tells what was true
        await in_time(lambda: verify(back))
        assert (await found(stores, back))["sent"] == ("expired", 200)
