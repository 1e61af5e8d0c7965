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
    assert speed.wait(waiting=1) == 5.0


@pytest.mark.parametrize(("seconds", "told"), [(0.001, 1.0), (10_000.0, 60.0), (4.2, 5.0)])
def test_retry_after_is_whole_seconds_within_bounds(seconds: float, told: float) -> None:
    speed = Speed(slots=1)
    speed.answered(seconds)
    assert speed.retry_after(waiting=0) == told
