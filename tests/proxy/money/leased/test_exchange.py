"""One message about one counter, on a real Redis: what is told twice, late, to another epoch, or above the limit."""

from collections.abc import AsyncIterator

import pytest

from proxy.money.leased.lender import Ask, Loan, Opening, Share
from proxy.money.leased.redis import RedisLender
from tests.doubles.stores import Stores

NAME = ("month", 0)
EPOCH = 3
OPENED = Opening(True, (Share("a", 100, 50), Share("b", 40, 200)))


@pytest.fixture
async def lender(stores: Stores) -> AsyncIterator[RedisLender]:
    """A counter of 1000 n$: `a` and `b` spent 140 and lease 250 of it."""
    lender = RedisLender(stores.redis.url, 5.0)
    lender.accept((await lender.fence()).server)
    await lender.open(EPOCH, NAME, OPENED)
    yield lender
    await lender.aclose()


def ask(seq: int, cum: int, owed: int = 0, want: int = 0, limit: int = 1_000, owner: str = "a", least: int = 0) -> Ask:
    return Ask(NAME, owner, seq, cum, owed, want, want, limit, least=least)


async def say(lender: RedisLender, asked: Ask, epoch: int = EPOCH) -> Loan:
    (loan,) = await lender.exchange(epoch, [asked])
    return loan


async def test_what_was_overtaken_or_repeated_changes_nothing(lender: RedisLender) -> None:
    first = await say(lender, ask(1, 110, want=30))
    newer = await say(lender, ask(2, 120, want=90))
    assert (first.spent, first.level, newer.spent, newer.level) == (150, 30, 160, 90)
    for late in (ask(1, 110, want=30), ask(2, 120, want=90), ask(2, 0, want=500)):
        assert await say(lender, late) == newer


async def test_money_leaves_the_lease_in_the_step_in_which_it_is_spent(lender: RedisLender) -> None:
    loan = await say(lender, ask(1, 130, want=20))
    assert (loan.spent, loan.leased, loan.level, loan.cum) == (170, 220, 20, 130)


async def test_no_more_is_lent_than_others_leave(lender: RedisLender) -> None:
    assert (await say(lender, ask(1, 100, want=5_000))).level == 1_000 - 140 - 200


@pytest.mark.parametrize(("epoch", "status"), [(EPOCH - 1, "stale"), (EPOCH + 1, "absent")])
async def test_a_counter_of_another_epoch_is_neither_believed_nor_changed_f39(
    epoch: int, status: str, lender: RedisLender
) -> None:
    before = await say(lender, ask(1, 100, want=50))
    assert (await say(lender, ask(2, 150, want=90), epoch)).status == status
    assert await say(lender, ask(0, 0)) == before


async def test_what_was_promised_stays_leased_though_the_limit_was_lowered(lender: RedisLender) -> None:
    loan = await say(lender, ask(1, 100, owed=80, want=80, limit=60))
    assert (loan.level, loan.leased) == (80, 280)


async def test_opening_a_counter_that_is_there_changes_nothing_f40(lender: RedisLender) -> None:
    before = await say(lender, ask(1, 120, want=50))
    await lender.open(EPOCH, NAME, OPENED)
    assert await say(lender, ask(1, 0)) == before
    await lender.open(EPOCH + 1, NAME, OPENED)
    assert (await say(lender, ask(2, 100, want=50), EPOCH + 1)).spent == 140


async def test_a_part_too_small_for_whoever_waits_is_given_back_in_the_same_step_f31(lender: RedisLender) -> None:
    """660 are left for `a`, of which it owes 10."""
    assert (await say(lender, ask(1, 100, owed=10, want=711, least=651))).level == 10
    assert (await say(lender, ask(2, 100, owed=10, want=711, least=650))).level == 660
    assert (await say(lender, ask(3, 100, owed=10, want=711, least=651))).level == 10
    assert (await say(lender, ask(1, 40, want=900, owner="b", least=850))).level == 850
