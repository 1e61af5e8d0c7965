"""A lone request never waits; company is waited for, within the window; batches grow with what waits."""

import pytest

from providers.engine.gathering import FORGOTTEN, Gathering


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gathering(clock: Clock) -> Gathering:
    return Gathering(32, 0.01, clock)


def test_one_after_the_other_never_waits(gathering: Gathering, clock: Clock) -> None:
    for _ in range(5):
        gathering.arrived()
        assert gathering.due(1, 1) == 0
        gathering.begun(1)
        clock.now += 0.002


@pytest.mark.parametrize(("company", "seconds"), [(2, 0.005625), (16, 0.01), (32, 0.015), (60, 0.015)])
def test_company_is_waited_for_within_a_window_of_5_to_15_ms(
    gathering: Gathering, clock: Clock, company: int, seconds: float
) -> None:
    gathering.begun(company)
    gathering.arrived()
    assert gathering.due(1, 1) == pytest.approx(seconds)
    clock.now += 0.004
    gathering.arrived()
    assert gathering.due(1, 1) == pytest.approx(seconds - 0.004)  # from the first on
    clock.now += 1
    assert gathering.due(1, 1) == 0


def test_the_window_ends_when_everybody_is_there(gathering: Gathering) -> None:
    gathering.begun(3)
    gathering.arrived()
    assert gathering.due(2, 2) > 0
    assert gathering.due(3, 3) == 0
    assert gathering.due(1, 32) == 0


def test_what_is_left_over_goes_on_at_once(gathering: Gathering) -> None:
    gathering.begun(5)
    assert gathering.due(1, 1) == 0


def test_company_of_long_ago_is_forgotten(gathering: Gathering, clock: Clock) -> None:
    gathering.begun(8)
    clock.now += FORGOTTEN * 0.01 + 0.001
    gathering.arrived()
    assert gathering.due(1, 1) == 0


@pytest.mark.parametrize(("waiting", "texts"), [(0, 8), (1, 8), (16, 8), (40, 20), (128, 64), (5000, 64)])
def test_a_batch_takes_8_to_64_texts_by_what_waits(gathering: Gathering, waiting: int, texts: int) -> None:
    assert gathering.limit(waiting) == texts


def test_a_batch_takes_at_least_one(clock: Clock) -> None:
    assert Gathering(1, 0, clock).limit(0) == Gathering(1, 0, clock).limit(99) == 1
