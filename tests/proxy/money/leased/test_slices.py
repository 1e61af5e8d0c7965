"""A slice's arithmetic: what is held, booked and not told yet, or given back, is not lent again."""

from proxy.money.leased.lender import Ask, Loan
from proxy.money.leased.slices import RESTS, Slice
from routing.budget import Scope

SCOPE = Scope("month", 0, 1, 1_000)
NOW = 100.0


def leased(level: int) -> Slice:
    """A slice that was just lent so much of 1000 n$."""
    part = Slice(SCOPE)
    part.waiting = [level]
    assert part.next_ask("a", 1, NOW) is not None
    part.answered(Loan("ok", leased=level, level=level), NOW)
    part.waiting = []
    return part


def test_what_is_held_fits_once() -> None:
    part = leased(100)
    part.take(SCOPE, 60, NOW)
    assert part.fits(SCOPE, 40) and not part.fits(SCOPE, 41)


def test_what_was_booked_is_gone_before_anybody_was_told() -> None:
    part = leased(100)
    part.take(SCOPE, 60, NOW)
    part.end(60, 50)
    assert part.fits(SCOPE, 50) and not part.fits(SCOPE, 51)
    assert part.total == 50


def test_what_is_given_back_is_gone_before_the_lender_answers() -> None:
    part = leased(100)
    part.take(SCOPE, 60, NOW)
    asked = part.next_ask("a", 2, NOW + RESTS + 1)
    assert asked == Ask(part.name, "a", 2, 0, 60, 60, 60, 1_000)
    assert not part.fits(SCOPE, 1)
    assert part.next_ask("a", 3, NOW + RESTS + 2) == asked  # until it is answered, the same is said


def test_an_answer_counts_what_was_told_and_no_more() -> None:
    part = leased(100)
    part.take(SCOPE, 60, NOW)
    part.end(60, 50)
    part.shipped = part.cum
    asked = part.next_ask("a", 2, NOW)
    assert asked is not None and asked.cum == 50
    part.take(SCOPE, 30, NOW)
    part.end(30, 30)
    part.answered(Loan("ok", spent=50, leased=50, level=50), NOW)
    assert (part.total, part.idle) == (80, 20)


def test_after_a_new_epoch_only_promises_are_leased() -> None:
    part = leased(100)
    part.take(SCOPE, 60, NOW)
    part.take(SCOPE, 20, NOW)
    part.end(20, 15)
    part.restart()
    assert (part.level, part.idle, part.told) == (75, 0, 0)
    assert not part.fits(SCOPE, 1)


def test_a_part_that_was_too_small_is_offered_whole() -> None:
    """Asked for 30 and 20 more, lent 12: from then on the lender may keep what fits nobody."""
    part = Slice(SCOPE)
    part.waiting = [30, 0, 20]
    first = part.next_ask("a", 1, NOW)
    assert first is not None and (first.need, first.least) == (50, 0)
    part.answered(Loan("ok", leased=1_000, level=12), NOW)
    assert part.idle == 12 and part.room(SCOPE) == 12
    second = part.next_ask("a", 2, NOW)
    assert second is not None and (second.owed, second.need, second.least) == (0, 50, 20)
    assert not part.fits(SCOPE, 1) and part.room(SCOPE) == 12
    part.answered(Loan("ok", leased=1_000, level=25), NOW)
    third = part.next_ask("a", 3, NOW)
    assert third is not None and third.least == 0 and part.fits(SCOPE, 20)
