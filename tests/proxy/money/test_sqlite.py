"""The ledger in a file: what is granted, what is booked, what is told."""

import asyncio
from pathlib import Path

import pytest

from proxy.money.ledger import Alert, Denied, Ending, Granted, HoldEnded, Late, Notice, Overrun, Stray, UnknownHold
from proxy.money.sqlite import SqliteLedger
from routing.budget import Scope
from tests.doubles.ledgers import ALICE, MONTH, hold, rows, settled, void


async def test_a_hold_counts_until_it_is_settled_and_then_only_its_cost(ledger: SqliteLedger, tmp_path: Path) -> None:
    assert await ledger.reserve(hold("a", 200, ALICE, MONTH)) == Granted()
    assert await ledger.room((ALICE, MONTH)) == 100
    await ledger.settle(settled("a", 50))
    assert await ledger.room((ALICE, MONTH)) == 250
    assert await ledger.room((MONTH,)) == 950
    assert rows(tmp_path) == [("a", 0, "settled", 200, 50, 0)]


async def test_void_gives_everything_back(ledger: SqliteLedger, tmp_path: Path) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.settle(Ending("a", 0, 2, "void", cost=5))
    assert await ledger.room((ALICE,)) == 300
    assert rows(tmp_path) == [("a", 0, "void", 200, 0, 0)]


async def test_nothing_limits_an_attempt_without_scopes(ledger: SqliteLedger) -> None:
    assert await ledger.room(()) is None
    assert await ledger.reserve(hold("a", 10**15)) == Granted()


async def test_why_a_hold_does_not_fit(ledger: SqliteLedger) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    assert await ledger.reserve(hold("b", 101, ALICE)) == Denied("in_flight", "daily/alice", 300, 0, 200, 86_400)
    assert await ledger.reserve(hold("c", 301, ALICE)) == Denied("limit", "daily/alice", 300, 0, 200, 86_400)
    await ledger.settle(settled("a", 200))
    assert await ledger.reserve(hold("d", 101, ALICE)) == Denied("limit", "daily/alice", 300, 200, 0, 86_400)
    assert await ledger.reserve(hold("e", 100, ALICE)) == Granted()


async def test_what_waiting_does_not_help_is_told_first(ledger: SqliteLedger) -> None:
    await ledger.reserve(hold("a", 300, ALICE))
    tiny = Scope("tiny", 0, 5, 3)
    denied = await ledger.reserve(hold("b", 4, ALICE, tiny))
    assert isinstance(denied, Denied)
    assert (denied.why, denied.rule) == ("limit", "tiny")


async def test_the_stop_looks_at_spent_money_and_latches(ledger: SqliteLedger) -> None:
    """F34."""
    await ledger.reserve(hold("a", 950, MONTH))
    assert await ledger.reserve(hold("b", 40, MONTH)) == Granted()  # held money does not stop
    await ledger.settle(settled("a", 900))
    assert await ledger.reserve(hold("c", 1, MONTH)) == Denied("stop", "month", 1_000, 900, 40, 1_000_000)
    assert await ledger.reserve(hold("d", 0, MONTH)) == Denied("stop", "month", 1_000, 900, 40, 1_000_000)
    assert await ledger.room((MONTH,)) == 0
    raised = Scope("month", 0, 1_000_000, 2_000, stop_at=1_800)
    assert await ledger.reserve(hold("e", 1, raised)) == Granted()


async def test_a_free_attempt_is_denied_only_when_the_money_is_gone(ledger: SqliteLedger) -> None:
    await ledger.reserve(hold("a", 300, ALICE))
    assert await ledger.reserve(hold("b", 0, ALICE)) == Granted()
    await ledger.settle(settled("a", 300))
    assert await ledger.reserve(hold("c", 0, ALICE)) == Denied("limit", "daily/alice", 300, 300, 0, 86_400)


async def test_a_repeated_reserve_holds_once(ledger: SqliteLedger) -> None:
    first, second = await asyncio.gather(ledger.reserve(hold("a", 200, ALICE)), ledger.reserve(hold("a", 200, ALICE)))
    assert first == second == Granted()
    assert await ledger.room((ALICE,)) == 100
    assert await ledger.reserve(hold("a", 200, ALICE)) == Granted()  # as the first time, though 200 no longer fit
    assert await ledger.room((ALICE,)) == 100


@pytest.mark.parametrize("end", [void("a"), settled("a", 200), settled("a", 1)])
async def test_a_copy_of_a_reserve_that_comes_after_the_end_covers_nothing(ledger: SqliteLedger, end: Ending) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.settle(end)
    room = await ledger.room((ALICE,))
    await ledger.reserve(hold("b", 10, ALICE))
    with pytest.raises(HoldEnded):
        await ledger.reserve(hold("a", 200, ALICE), before=settled("b", 4))
    assert room is not None
    assert await ledger.room((ALICE,)) == room - 4  # the attempt before it is ended all the same


async def test_settling_again_changes_nothing(ledger: SqliteLedger, tmp_path: Path) -> None:
    """F36, F52."""
    await ledger.reserve(hold("a", 200, ALICE))
    await asyncio.gather(ledger.settle(settled("a", 50)), ledger.settle(settled("a", 60)))
    await ledger.settle(settled("a", 70))
    await ledger.settle(void("a"))
    assert rows(tmp_path) == [("a", 0, "settled", 200, 50, 0)]
    assert await ledger.room((ALICE,)) == 250


async def test_a_cost_after_void_is_told_not_booked(
    ledger: SqliteLedger, notices: list[Notice], tmp_path: Path
) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.settle(void("a"))
    await ledger.settle(settled("a", 50))
    assert notices == [Late("a", 0, 50)]
    assert rows(tmp_path) == [("a", 0, "void", 200, 0, 0)]


async def test_what_was_never_held_cannot_be_settled_and_is_told(ledger: SqliteLedger, notices: list[Notice]) -> None:
    """F52."""
    others = [ledger.reserve(hold("a", 100, ALICE)), ledger.settle(settled("ghost", 1)), ledger.settle(void("ghost"))]
    granted, refused, nothing = await asyncio.gather(*others, return_exceptions=True)
    assert granted == Granted()
    assert isinstance(refused, UnknownHold)
    assert nothing is None
    assert notices == [Stray("ghost", 0, 1)]
    assert await ledger.room((ALICE,)) == 200


async def test_cost_above_the_hold_goes_to_the_operator(
    ledger: SqliteLedger, notices: list[Notice], tmp_path: Path
) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.settle(settled("a", 230))
    assert rows(tmp_path) == [("a", 0, "settled", 200, 200, 30)]
    assert notices == [Overrun("a", 0, 30)]
    assert await ledger.room((ALICE,)) == 100


async def test_the_end_of_one_attempt_and_the_hold_of_the_next_are_one_step(
    ledger: SqliteLedger, tmp_path: Path
) -> None:
    await ledger.reserve(hold("a", 300, ALICE))
    assert await ledger.reserve(hold("a", 290, ALICE, k=1), before=settled("a", 10)) == Granted()
    assert await ledger.reserve(hold("a", 300, ALICE, k=2), before=void("a", k=1)) == Denied(
        "limit", "daily/alice", 300, 10, 0, 86_400
    )
    assert rows(tmp_path) == [("a", 0, "settled", 300, 10, 0), ("a", 1, "void", 290, 0, 0)]


async def test_a_free_attempt_is_posted_once(ledger: SqliteLedger, tmp_path: Path) -> None:
    for _ in range(2):
        await ledger.post(hold("a", 0), Ending("a", 0, 2, "settled", input=3, output=4))
    assert rows(tmp_path) == [("a", 0, "settled", 0, 0, 0)]
    with pytest.raises(ValueError, match="takes a hold"):
        await ledger.post(hold("b", 5), settled("b", 5))


async def test_alerts_come_once_per_window_and_mark(ledger: SqliteLedger, notices: list[Notice]) -> None:
    """F33."""
    await asyncio.gather(*(ledger.reserve(hold(f"a{n}", 16, MONTH)) for n in range(50)))
    await asyncio.gather(*(ledger.settle(settled(f"a{n}", 16)) for n in range(50)))
    assert [(n.mark, n.spent) for n in notices if isinstance(n, Alert)] == [(500, 512), (700, 704)]
    notices.clear()
    following = Scope("month", 1_000_000, 2_000_000, 1_000, alerts=(500, 700))
    await ledger.reserve(hold("b", 999, following))
    await ledger.settle(settled("b", 999))
    assert notices == [Alert("month", 1_000_000, 500, 999), Alert("month", 1_000_000, 700, 999)]


async def test_a_mark_is_passed_when_it_is_reached(ledger: SqliteLedger, notices: list[Notice]) -> None:
    await ledger.reserve(hold("a", 500, MONTH))
    await ledger.settle(settled("a", 500))
    assert notices == [Alert("month", 0, 500, 500)]


async def test_a_notice_of_a_step_that_is_tried_again_comes_once(ledger: SqliteLedger, notices: list[Notice]) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    steps = [ledger.settle(settled("a", 230)), ledger.settle(settled("ghost", 1))]
    await asyncio.gather(*steps, return_exceptions=True)
    assert notices == [Overrun("a", 0, 30), Stray("ghost", 0, 1)]


async def test_two_hundred_race_for_a_dollar(ledger: SqliteLedger, tmp_path: Path) -> None:
    """F31."""
    dollar = Scope("dollar", 0, 9, 10**9)
    each = 7_000_000
    answers = await asyncio.gather(*(ledger.reserve(hold(f"a{n}", each, dollar)) for n in range(200)))
    granted = [f"a{n}" for n, answer in enumerate(answers) if answer == Granted()]
    assert len(granted) == 10**9 // each
    assert {a.why for a in answers if isinstance(a, Denied)} == {"in_flight"}
    await asyncio.gather(*(ledger.settle(settled(id, 1_234_567)) for id in granted))
    assert await ledger.room((dollar,)) == 10**9 - 1_234_567 * len(granted)
    assert await ledger.reserve(hold("z", each, dollar)) == Granted()
    booked = [row[4] for row in rows(tmp_path) if row[2] == "settled"]
    assert booked == [1_234_567] * len(granted)


async def test_money_belongs_to_the_window_in_which_it_was_held(ledger: SqliteLedger) -> None:
    """F45."""
    tomorrow = Scope("daily/alice", 86_400, 172_800, 300)
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.reserve(hold("b", 300, tomorrow))
    await ledger.settle(settled("a", 150))
    assert await ledger.room((ALICE,)) == 150
    assert await ledger.room((tomorrow,)) == 0


async def test_a_cancelled_reserve_holds_nothing(ledger: SqliteLedger) -> None:
    for passes in range(4):  # before the transaction, in its tick, after it
        waiting = asyncio.ensure_future(ledger.reserve(hold(f"a{passes}", 200, ALICE)))
        for _ in range(passes):
            await asyncio.sleep(0)
        cancelled = waiting.cancel()
        outcome = (await asyncio.gather(waiting, return_exceptions=True))[0]
        assert isinstance(outcome, asyncio.CancelledError) if cancelled else outcome == Granted()
        if not cancelled:
            await ledger.settle(void(f"a{passes}"))
        assert await ledger.room((ALICE,)) == 300


async def test_a_cancelled_settle_is_written(ledger: SqliteLedger) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    waiting = asyncio.ensure_future(ledger.settle(settled("a", 50)))
    await asyncio.sleep(0)
    waiting.cancel()
    await ledger.reserve(hold("b", 1, ALICE))  # steps keep their order: the cancelled one is written before it
    assert await ledger.room((ALICE,)) == 249


async def test_what_is_held_now_is_known(ledger: SqliteLedger) -> None:
    await ledger.reserve(hold("a", 200, ALICE))
    await ledger.reserve(hold("b", 70))
    assert ledger.held() == (2, 270)
    await ledger.settle(settled("a", 50))
    assert ledger.held() == (1, 70)
