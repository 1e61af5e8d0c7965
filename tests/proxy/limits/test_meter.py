"""The meter of one process: all charges or none, corrected at the end, parallel ones given back once."""

import pytest

from proxy.limits.bucket import Bucket, Charge, Level
from proxy.limits.gcra import MINUTE, SLACK
from proxy.limits.meter import MANY, LocalMeter

SECOND = 1_000_000_000
REQUESTS = Bucket("r:requests", "requests", 60, 3)
TOKENS = Bucket("r:tokens", "tokens", 600, 600)
TWO = Bucket("r:parallel", "parallel", 2, 2)


class Clock:
    """Moved by the test."""

    def __init__(self) -> None:
        self.now = 5 * MINUTE

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> LocalMeter:
    return LocalMeter(clock)


def test_a_burst_then_one_a_second(meter: LocalMeter, clock: Clock) -> None:
    ask = (Charge(REQUESTS),)
    assert [meter.decide(str(n), ask).denied for n in range(4)] == [-1, -1, -1, 0]
    refused = meter.decide("x", ask)
    assert (refused.wait, refused.levels) == (SECOND - SLACK, (Level(0, 3 * SECOND),))
    clock.now += SECOND
    assert [meter.decide(str(n), ask).denied for n in range(2)] == [-1, 0]


def test_all_charges_or_none(meter: LocalMeter) -> None:
    full = (Charge(TOKENS, 600),)
    assert meter.decide("a", full).denied == -1
    refused = meter.decide("b", (Charge(REQUESTS), Charge(TWO), Charge(TOKENS, 60)))
    assert (refused.denied, refused.wait) == (2, 6 * SECOND - SLACK)
    assert refused.levels[0] == Level(3, 0)
    assert refused.levels[1].remaining == 2
    assert meter.inside == 0


def test_what_is_larger_than_the_whole_limit_never_fits(meter: LocalMeter) -> None:
    refused = meter.decide("a", (Charge(REQUESTS), Charge(TOKENS, 601)))
    assert (refused.denied, refused.wait) == (1, -1)


def test_the_truth_gives_back_or_takes_more(meter: LocalMeter, clock: Clock) -> None:
    meter.decide("a", (Charge(TOKENS, 600),))
    meter.leave("a", (Charge(TOKENS, -500),))
    assert meter.decide("b", (Charge(TOKENS, 500),)).levels[0].remaining == 0
    meter.leave("b", (Charge(TOKENS, 100),))
    assert meter.decide("c", (Charge(TOKENS, 1),)).wait == 101 * SECOND // 10 - SLACK
    clock.now += 10 * MINUTE
    meter.leave("d", (Charge(TOKENS, -600),))
    assert meter.decide("e", (Charge(TOKENS, 600),)).levels[0] == Level(0, MINUTE)


def test_giving_back_never_makes_room_for_more_than_the_limit_over_time(meter: LocalMeter, clock: Clock) -> None:
    used, began = 0, clock.now
    for step in range(2_000):
        clock.now += SECOND // 4
        if meter.decide(str(step), (Charge(TOKENS, 300),)).denied < 0:
            used += 30
            meter.leave(str(step), (Charge(TOKENS, -270),))
    assert used <= 600 + 600 * (clock.now - began) // MINUTE
    assert used >= 600 * (clock.now - began) // MINUTE * 9 // 10


def test_parallel_ones_come_back_once(meter: LocalMeter) -> None:
    ask = (Charge(TWO),)
    assert [meter.decide(name, ask).denied for name in "abc"] == [-1, -1, 0]
    meter.leave("a")
    meter.leave("a")
    meter.leave("c")
    assert [meter.decide(name, ask).denied for name in "de"] == [-1, 0]
    for name in "abcde":
        meter.leave(name)
    assert meter.inside == 0
    assert meter.decide("f", ask).levels == (Level(1, 0),)


def test_buckets_that_are_empty_again_are_forgotten(meter: LocalMeter, clock: Clock) -> None:
    for n in range(MANY + 1):
        meter.decide("x", (Charge(Bucket(f"{n}:requests", "requests", 60, 1)),))
        clock.now += SECOND
    assert len(meter._empty_at) < 10
