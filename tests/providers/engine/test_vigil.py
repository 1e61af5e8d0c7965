"""When the alarm is set, when it is not, and when idleness has lasted."""

from providers.engine.vigil import Vigil


class Alarm:
    """Keeps what was armed; its clock stands until it is told to move."""

    def __init__(self, idle: float = 0.0) -> None:
        self.now, self.armed, self.arms = 100.0, False, 0
        self.vigil = Vigil(30.0, idle, lambda: self.now, self.arm, self.disarm)

    def arm(self, seconds: float) -> None:
        assert seconds >= 30
        self.armed, self.arms = True, self.arms + 1

    def disarm(self) -> None:
        self.armed = False

    def turn(self, due: float | None) -> float | None:
        waits = self.vigil.rest(due)
        assert due is not None or not self.armed
        self.vigil.work()
        assert self.armed
        return waits


def test_it_is_armed_for_every_turn_and_never_while_there_is_nothing_to_do() -> None:
    alarm = Alarm()
    assert alarm.turn(None) is None
    assert alarm.turn(0.0) == 0.0
    assert alarm.turn(None) is None


def test_it_is_armed_again_at_most_each_second() -> None:
    alarm = Alarm()
    for _ in range(1000):
        alarm.turn(0.0)
        alarm.now += 0.01
    assert 9 <= alarm.arms <= 11


def test_idleness_counts_from_the_last_work() -> None:
    alarm = Alarm(idle=5.0)
    assert alarm.turn(None) == 5.0
    alarm.now += 3
    assert alarm.turn(None) == 2.0
    alarm.turn(0.0)
    assert alarm.turn(None) == 5.0
    assert not alarm.vigil.tired
    alarm.now += 5
    assert alarm.vigil.tired
    alarm.vigil.retire()
    assert alarm.turn(None) is None and not alarm.vigil.tired
