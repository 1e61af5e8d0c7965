"""Three crashes in five minutes open the circuit; it half-opens, and closes again after a quiet while."""

from itertools import pairwise

from proxy.crashes import ALONE, FIRST, LONGEST, MOST, WINDOW, Crashes


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_third_crash_in_five_minutes_opens_the_circuit() -> None:
    clock = Clock()
    crashes = Crashes(3, clock)
    verdicts = []
    for _ in range(3):
        verdicts.append(crashes.crashed(True))
        clock.now += 100
    assert [each.open for each in verdicts] == [False, False, True]
    assert [each.pause for each in verdicts] == [FIRST, FIRST, ALONE]


def test_crashes_far_apart_never_open_it() -> None:
    clock = Clock()
    crashes = Crashes(3, clock)
    for _ in range(20):
        assert not crashes.crashed(True).open
        clock.now += WINDOW * 0.6


def test_half_open_one_more_crash_opens_it_for_twice_as_long() -> None:
    clock = Clock()
    crashes = Crashes(1, clock)
    pauses = []
    for _ in range(7):
        verdict = crashes.crashed(False)
        assert verdict.open
        pauses.append(verdict.pause)
        clock.now += verdict.pause + 1
    assert pauses == [30, 60, 120, 240, 480, LONGEST, LONGEST]
    clock.now += WINDOW + 1
    assert crashes.crashed(True).pause == ALONE


def test_without_a_limit_it_starts_for_ever_and_slower_only_while_it_never_gets_ready() -> None:
    crashes = Crashes(0, Clock())
    assert {crashes.crashed(True).pause for _ in range(100)} == {FIRST}
    slower = [crashes.crashed(False).pause for _ in range(20)]
    assert all(later == min(2 * sooner, MOST) for sooner, later in pairwise(slower))
    assert crashes.crashed(True).pause == FIRST


def test_giving_up_needs_no_crash() -> None:
    clock = Clock()
    crashes = Crashes(0, clock)
    assert [crashes.give_up().pause for _ in range(3)] == [30, 60, 120]
