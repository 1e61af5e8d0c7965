"""Tokens per second, and the expected wait against the true one under a clock of the test's own."""

import heapq
import random
from collections.abc import Callable

import pytest

from providers.engine.speed import Speed


def test_tokens_per_second_leaves_idle_time_out() -> None:
    speed = Speed(4)
    for step in range(11):
        speed.count(100, step * 0.1, True)
    speed.count(0, 1.05, False)
    assert speed.tokens_per_second == pytest.approx(1000, rel=0.01)
    for step in range(11):
        speed.count(100, 100 + step * 0.1, True)
    assert speed.tokens_per_second == pytest.approx(1000, rel=0.01)


def test_who_comes_again_is_told_when_by_the_measured_speed() -> None:
    speed = Speed(slots=2)
    speed.answered(4.0)
    assert speed.wait(waiting=3) == 8.0
    assert speed.retry_after(waiting=3) == 8.0
    speed.answered(9.0)
    assert speed.wait(waiting=1) == 6.5


def test_the_wait_falls_as_answers_run() -> None:
    speed = Speed(slots=2)
    for _ in range(5):
        speed.answered(10.0)
    waits = [speed.wait(waiting=1, ages=[age, age + 3.0]) for age in (0.0, 2.0, 4.0, 6.5)]
    assert waits == [10.0, 8.0, 6.0, 3.5]
    assert speed.wait(waiting=2, ages=[4.0, 7.0]) == 13.0
    assert speed.retry_after(waiting=0, ages=[4.0, 6.5]) == 4.0


def test_who_runs_longer_than_any_before_ends_within_a_step() -> None:
    speed = Speed(slots=1)
    speed.answered(1.0)
    assert speed.wait(waiting=0, ages=[5.0]) == 0.0
    for step in range(11):
        speed.count(10, step * 0.1, True)
    assert speed.wait(waiting=0, ages=[5.0]) == pytest.approx(0.01, rel=0.2)


def steady(slots: int, waiting: int, lasts: Callable[[], float]) -> tuple[float, float]:
    """Mean (expected, true) wait of those who join a line that is always `waiting` long."""
    speed, now = Speed(slots), 0.0
    running = sorted((lasts(), 0.0) for _ in range(slots))
    told: list[float] = []
    waits: list[float] = []
    came = [0.0] * waiting
    for turn in range(2000):
        now, began = heapq.heappop(running)
        speed.answered(now - began)
        heapq.heappush(running, (now + lasts(), now))
        if turn > 100:
            waits.append(now - came[0])
        came = [*came[1:], now]
        told.append(speed.wait(waiting - 1, [now - each for _, each in running]))
    return sum(told) / len(told), sum(waits) / len(waits)


@pytest.mark.parametrize("slots", [1, 4, 16])
@pytest.mark.parametrize("waiting", [1, 5, 30])
@pytest.mark.parametrize("shape", ["constant", "uniform", "exponential"])
def test_the_expected_wait_is_near_the_true_one_in_a_steady_load(shape: str, waiting: int, slots: int) -> None:
    draw = random.Random(7)
    shapes: dict[str, Callable[[], float]] = {
        "constant": lambda: 3.0,
        "uniform": lambda: draw.uniform(0.5, 6.0),
        "exponential": lambda: draw.expovariate(0.3),
    }
    expected, true = steady(slots, waiting, shapes[shape])
    assert true / 2 < expected < true * 2


@pytest.mark.parametrize(("seconds", "told"), [(0.001, 1.0), (10_000.0, 60.0), (4.2, 5.0)])
def test_retry_after_is_whole_seconds_within_bounds(seconds: float, told: float) -> None:
    speed = Speed(slots=1)
    speed.answered(seconds)
    assert speed.retry_after(waiting=0) == told
