from typing import Any

import pytest

from routing.classifier.training.settings import Settings, rate


def test_the_rate_warms_up_and_decays_in_straight_lines() -> None:
    rates = [rate(step, total=110, warmup_ratio=0.1) for step in range(111)]
    assert rates[:3] == pytest.approx([1 / 12, 2 / 12, 3 / 12])
    assert rates[11] == 1.0
    assert rates[11 + 33] == pytest.approx(2 / 3)
    assert rates[110] == 0.0
    assert rate(0, total=5, warmup_ratio=0.0) == 1.0


@pytest.mark.parametrize("wrong", [{"patience": 0}, {"warmup_ratio": 1.0}, {"learning_rate": 0.0}, {"max_length": 2}])
def test_what_cannot_train_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Settings((), "", **wrong)
