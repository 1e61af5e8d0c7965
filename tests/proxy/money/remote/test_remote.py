"""The ledger over the accountant's socket: the same promises, and what becomes of holds when either side dies."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from proxy.money.ledger import Denied, Granted, HoldEnded, LedgerUnavailable, Stray, UnknownHold
from proxy.money.remote.client import RemoteLedger
from proxy.money.remote.marks import Marks, journal_of
from proxy.money.sqlite import SqliteLedger
from tests.doubles.eventually import eventually
from tests.doubles.ledgers import ALICE, MONTH, hold, rows, settled, void
from tests.doubles.offices import BOOT, Office

Hire = Callable[[], Awaitable[RemoteLedger]]


def dead(worker: RemoteLedger) -> None:
    """As a kill would: the kernel closes the worker's socket, and nothing more is said."""
    worker.line._keeping = None
    assert worker.line._transport is not None
    worker.line._transport.abort()


async def test_two_workers_share_one_limit_f31(office: Office, hire: Hire) -> None:
    one, two = await hire(), await hire()
    asked = [worker.reserve(hold(f"{n}{who}", 100, ALICE)) for n in range(5) for who, worker in enumerate((one, two))]
    answers = await asyncio.gather(*asked)
    assert sum(isinstance(answer, Granted) for answer in answers) == 3
    (denied,) = {answer for answer in answers if isinstance(answer, Denied)}
    assert (denied.why, denied.held, denied.limit) == ("in_flight", 300, 300)
    assert sum(worker.held()[1] for worker in (one, two)) == 300
    assert await one.room((ALICE,)) == 0
    assert await one.room(()) is None


async def test_the_steps_are_the_ledgers_own_f52(office: Office, hire: Hire) -> None:
    worker = await hire()
    await worker.reserve(hold("a", 100, MONTH))
    await worker.reserve(hold("a", 50, MONTH, k=1), settled("a", 30))
    await worker.settle(settled("a", 40, k=1))
    await worker.settle(settled("a", 999, k=1))
    await worker.post(hold("free", 0), settled("free", 0))
    with pytest.raises(UnknownHold):
        await worker.settle(settled("nobody", 5))
    with pytest.raises(HoldEnded):
        await worker.reserve(hold("a", 50, MONTH, k=1))
    assert [row[:5] for row in rows(office.folder)] == [
        ("a", 0, "settled", 100, 30),
        ("a", 1, "settled", 50, 40),
        ("free", 0, "settled", 0, 0),
    ]
    assert office.notices == [Stray("nobody", 0, 5)]
    assert worker.held() == (0, 0)


async def test_all_questions_of_a_tick_share_a_transaction(office: Office, hire: Hire) -> None:
    worker, commits = await hire(), 0
    real = office.ledger._batches._transact

    def count(runs: object) -> object:
        nonlocal commits
        commits += 1
        return real(runs)  # type: ignore[arg-type]

    office.ledger._batches._transact = count  # type: ignore[assignment]
    await asyncio.gather(*(worker.reserve(hold(str(n), 1, MONTH)) for n in range(50)))
    assert commits == 1


async def test_a_dead_workers_holds_are_void_or_expired_by_its_own_marks_f35(office: Office, hire: Hire) -> None:
    worker, other = await hire(), await hire()
    for name in ("kept", "sent"):
        await worker.reserve(hold(name, 100, MONTH))
    await other.reserve(hold("other", 100, MONTH))
    worker.dispatched("sent", 0)
    dead(worker)
    await eventually(lambda: [row[2] for row in rows(office.folder)] == ["void", "held", "expired"])
    assert [row[4] for row in rows(office.folder)] == [0, 0, 100]
    await eventually(lambda: not journal_of(office.path, worker._worker).exists())
    await other.settle(settled("other", 5))


async def test_the_truth_replaces_an_estimate_once(office: Office, hire: Hire) -> None:
    worker, other = await hire(), await hire()
    await worker.reserve(hold("a", 100, MONTH))
    worker.dispatched("a", 0)
    dead(worker)
    await eventually(lambda: rows(office.folder)[0][2] == "expired")
    await other.settle(settled("a", 30))
    await other.settle(settled("a", 20))
    assert rows(office.folder)[0][2:5] == ("settled", 100, 30)
    assert await other.room((MONTH,)) == 970


async def test_without_the_accountant_nothing_paid_starts_and_no_ending_is_lost_f36(office: Office, hire: Hire) -> None:
    worker = await hire()
    for name in ("a", "b", "c"):
        await worker.reserve(hold(name, 100, MONTH))
    worker.dispatched("a", 0)
    await office.die()
    with pytest.raises(LedgerUnavailable):
        worker.dispatched("b", 0)
    await eventually(lambda: not worker.line.up.is_set())
    with pytest.raises(LedgerUnavailable):
        await worker.reserve(hold("d", 1, MONTH))
    with pytest.raises(LedgerUnavailable):
        await worker.settle(settled("a", 60))
    assert [row[2] for row in rows(office.folder)] == ["held"] * 3

    await office.open()
    await eventually(lambda: rows(office.folder)[0][2] == "settled")
    worker.dispatched("b", 0)
    await worker.settle(settled("b", 10))
    await worker.settle(void("c"))
    assert [row[2:5] for row in rows(office.folder)] == [
        ("settled", 100, 60),
        ("settled", 100, 10),
        ("void", 100, 0),
    ]
    assert await worker.room((MONTH,)) == 930


async def test_holds_that_nobody_claims_after_a_restart_are_resolved(office: Office, hire: Hire) -> None:
    worker, other = await hire(), await hire()
    await worker.reserve(hold("kept", 100, MONTH))
    await worker.reserve(hold("sent", 100, MONTH))
    await other.reserve(hold("other", 100, MONTH))
    worker.dispatched("sent", 0)
    await office.die()
    dead_while_away(worker)
    await office.open()
    await eventually(lambda: [row[2] for row in rows(office.folder)] == ["void", "held", "expired"])
    await eventually(lambda: not journal_of(office.path, worker._worker).exists())


def dead_while_away(worker: RemoteLedger) -> None:
    if worker.line._keeping is not None:
        worker.line._keeping.cancel()
    worker.line._keeping = None


async def test_a_hold_that_ended_meanwhile_is_not_dispatched(office: Office, hire: Hire) -> None:
    worker = await hire()
    await worker.reserve(hold("a", 100, MONTH))
    await office.die()
    await office.open(grace=0)
    office.accountant.orphans = set()
    await office.ledger.resolve([("a", 0)])
    await eventually(worker.line.up.is_set)
    with pytest.raises(HoldEnded):
        worker.dispatched("a", 0)
    assert worker.held() == (0, 0)


async def test_cancelled_while_it_waits_it_holds_nothing(office: Office, hire: Hire) -> None:
    worker = await hire()
    asked = asyncio.ensure_future(worker.reserve(hold("a", 100, MONTH)))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await eventually(lambda: office.ledger.held() == (0, 0) and rows(office.folder) != [])
    assert await worker.room((MONTH,)) == 1_000


async def test_one_process_after_several_knows_what_they_dispatched(office: Office, hire: Hire) -> None:
    worker = await hire()
    for name in ("kept", "sent"):
        await worker.reserve(hold(name, 100, MONTH))
    worker.dispatched("sent", 0)
    await office.die()
    dead_while_away(worker)
    Marks(office.path, BOOT).merge()
    alone = SqliteLedger(office.path, lambda: 9, office.notices.append, boot=BOOT, ballast=0)
    await alone.aclose()
    assert [row[2] for row in rows(office.folder)] == ["void", "expired"]
    await office.open()


async def test_marks_of_another_boot_count_as_dispatched(office: Office, hire: Hire) -> None:
    worker = await hire()
    await worker.reserve(hold("kept", 100, MONTH))
    await office.die()
    dead_while_away(worker)
    Marks(office.path, "another-boot").merge()
    alone = SqliteLedger(office.path, lambda: 9, office.notices.append, boot=BOOT, ballast=0)
    await alone.aclose()
    assert [row[2] for row in rows(office.folder)] == ["expired"]
    await office.open()
