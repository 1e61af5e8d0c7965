"""The clock that never goes back, across restarts too. F46."""

from proxy.money.clock import AHEAD, SteadyClock


def test_it_follows_the_wall_forward_and_stands_when_that_goes_back() -> None:
    wall = iter((100, 3_600, 50, 3_599, 3_601))
    clock = SteadyClock(lambda: next(wall))
    assert [clock.now() for _ in range(5)] == [100, 3_600, 3_600, 3_600, 3_601]


def test_a_restart_goes_on_from_what_was_promised() -> None:
    before = SteadyClock(lambda: 5_000)
    said = before.now()
    due = before.due()
    assert due == said + AHEAD
    assert SteadyClock(lambda: 7, due).now() >= said


def test_a_promise_is_due_once_a_second() -> None:
    wall = [10**12]
    clock = SteadyClock(lambda: wall[0])
    promises = 0
    for _ in range(1_000):
        wall[0] += 10**7  # ten seconds in all
        clock.now()
        due = clock.due()
        if due is not None:
            clock.kept(due)
            promises += 1
    assert 9 <= promises <= 11
