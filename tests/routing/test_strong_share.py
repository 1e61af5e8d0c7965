from random import Random

import pytest

from routing.catalog import Entry, Mode
from routing.decision import Candidate, Decision
from routing.strong_share import StrongShare, drawn


@pytest.mark.parametrize("pull", [0.2, 0.5, 1.0])
def test_of_n_requests_at_most_the_share_and_the_burst_are_strong(pull: float) -> None:
    cap, rng = StrongShare(0.3, burst=10.0), Random(pull)
    went = 0
    for n in range(1, 5_001):
        wants = rng.random() < pull
        went += cap.allows("key", wants) and wants
        assert went <= 0.3 * n + 10


def test_who_stays_below_the_share_is_never_refused() -> None:
    cap = StrongShare(0.3)
    assert all(cap.allows("key", n % 5 == 0) for n in range(1_000))


def test_who_wants_nothing_strong_is_always_allowed() -> None:
    cap = StrongShare(0.0, burst=1.0)
    assert cap.allows("key", True)
    assert not cap.allows("key", True)
    assert cap.allows("key", False)


def test_a_key_s_bucket_is_its_own() -> None:
    cap = StrongShare(0.0, burst=1.0)
    assert [cap.allows(key, True) for key in ("a", "b", "a", "b")] == [True, True, False, False]


def test_only_so_many_keys_are_remembered() -> None:
    cap = StrongShare(0.0, burst=1.0, keys=2)
    assert cap.allows("a", True)
    for key in ("b", "c"):
        cap.allows(key, False)
    assert cap.allows("a", True), "a was forgotten, and begins anew"


def test_the_bucket_by_hand() -> None:
    assert drawn(0.0, 0.25, 5.0, True) == drawn(0.0, 0.25, 5.0, False).__class__(0.25, False)
    assert drawn(0.75, 0.25, 5.0, True).tokens == 0.0
    assert drawn(5.0, 0.25, 5.0, False).tokens == 5.0


def test_a_decision_counts_only_where_we_chose_and_a_cap_is_set() -> None:
    strong = Candidate(Entry("gpt", "openai", "gpt", None, tier="strong"), None, 0.9)
    modes: tuple[Mode | None, ...] = ("auto", None)
    chosen, named = (Decision((strong,), ("Because.",), strong.entry, mode=mode) for mode in modes)
    cap, free = StrongShare(0.0, burst=1.0), StrongShare(1.0)
    assert [cap.lets("key", decision) for decision in (named, chosen, named, chosen)] == [True, True, True, False]
    assert all(free.lets("key", chosen) for _ in range(100))


@pytest.mark.parametrize("workers", [1, 4, 64])
def test_the_bound_holds_over_all_workers_together(workers: int) -> None:
    caps, rng, went = [StrongShare(0.1, workers=workers) for _ in range(workers)], Random(workers), 0
    for n in range(1, 5_001):
        went += rng.choice(caps).allows("key", True)
        assert went <= 0.1 * n + 20
    assert went > 0.1 * 5_000 - workers
