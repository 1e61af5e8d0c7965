"""GCRA against a bucket that is simulated with exact fractions."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from proxy.limits import gcra

STEPS = st.lists(st.tuples(st.integers(0, 3 * gcra.MINUTE), st.integers(1, 50)), max_size=60)


class Leaking:
    """What GCRA imitates: a bucket of `burst` units that drains `limit` a minute."""

    def __init__(self, limit: int, burst: int) -> None:
        self.rate, self.burst = Fraction(limit, gcra.MINUTE), burst
        self.level, self.at = Fraction(0), 0

    def drain(self, now: int) -> None:
        self.level = max(Fraction(0), self.level - (now - self.at) * self.rate)
        self.at = now


@given(limit=st.integers(1, 1000), burst=st.integers(1, 200), steps=STEPS)
def test_never_more_than_the_exact_bucket_and_never_a_unit_less(
    limit: int, burst: int, steps: list[tuple[int, int]]
) -> None:
    exact, now, empty_at, charged = Leaking(limit, burst), 0, 0, 0
    for later, amount in steps:
        now += later
        exact.drain(now)
        cost, window = gcra.weight(limit, amount), gcra.window(limit, burst)
        slack = (charged + 2 + gcra.SLACK) * exact.rate  # each rounding costs less than a nanosecond
        if gcra.wait(gcra.after(empty_at, now, cost), now, window) <= 0:
            assert exact.level + amount <= burst + slack
            empty_at, charged = gcra.after(empty_at, now, cost), charged + 1
            exact.level += amount
        else:
            assert exact.level + amount + slack > burst
        left = burst - exact.level
        assert left - 1 - slack <= gcra.remaining(empty_at, now, limit, burst) <= max(Fraction(0), left) + slack


@given(
    limit=st.integers(1, 10**9), burst=st.integers(1, 1000), amount=st.integers(1, 1000), backlog=st.integers(0, 10**12)
)
def test_whoever_waits_as_told_gets_in_and_no_earlier(limit: int, burst: int, amount: int, backlog: int) -> None:
    cost, window, now = gcra.weight(limit, amount), gcra.window(limit, max(burst, amount)), 7
    told = gcra.wait(gcra.after(now + backlog, now, cost), now, window)
    if told > 0:
        assert gcra.wait(gcra.after(now + backlog, now + told, cost), now + told, window) <= 0
        assert gcra.wait(gcra.after(now + backlog, now + told - 1, cost), now + told - 1, window) > 0


def test_a_bucket_that_nobody_used_is_full_of_room() -> None:
    assert gcra.remaining(0, 10**18, 60, 60) == 60
    assert gcra.remaining(gcra.MINUTE, 0, 60, 60) == 0
    assert gcra.remaining(10 * gcra.MINUTE, 0, 60, 60) == 0
