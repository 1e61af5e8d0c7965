from collections import Counter
from random import Random

import pytest

from routing.classifier.drift import EDGES, MOVED, Drift, stability


def reading(rng: Random, moved: float = 0.0) -> dict[str, float]:
    return {
        "difficulty": rng.betavariate(2, 3) * (1 - moved) + moved,
        "confidence": rng.random(),
        "tokens": 2 ** rng.uniform(4, 10),
    }


def fed(moved: float) -> Drift:
    drift, rng = Drift(baseline=500, window=300), Random(1)
    for n in range(1_000):
        drift.add(reading(rng, moved if n >= 600 else 0.0))
    return drift


def test_the_same_requests_are_no_drift() -> None:
    drift = fed(0.0)
    assert all(0 <= drift.psi(name) < 0.1 for name in EDGES)


def test_harder_requests_are_one_and_only_in_that_feature() -> None:
    drift = fed(0.5)
    assert drift.psi("difficulty") > MOVED
    assert drift.psi("confidence") < 0.1


def test_nothing_is_said_before_a_window_is_full() -> None:
    drift, rng = Drift(baseline=10, window=50), Random(2)
    for _ in range(59):
        drift.add(reading(rng, 0.9))
    assert drift.psi("difficulty") == 0.0


def test_the_index_by_hand() -> None:
    assert stability(Counter({0: 5, 1: 5}), Counter({0: 5, 1: 5}), 2) == pytest.approx(0.0)
    # shares 5.5/11 and 5.5/11 against 0.5/11 and 10.5/11
    assert stability(Counter({1: 10}), Counter({0: 5, 1: 5}), 2) == pytest.approx(1.38387, abs=1e-4)
