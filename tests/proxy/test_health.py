"""The circuits of all models: who is ill, who is asked when everybody is, and what the operator hears."""

from providers.errors import Broken, QuotaExhausted, RateLimited, Rejected, Unauthorised, Unavailable
from proxy.health import Ejected, Health
from routing.catalog import Entry
from routing.decision import Candidate
from routing.health import FAILURES, FIRST_SECONDS, REFUSED_SECONDS


class Room:
    """A clock, what was told, and the health under test."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[Ejected] = []
        self.health = Health(lambda: self.now, self.told.append)

    def break_down(self, model: str) -> None:
        for _ in range(FAILURES):
            self.health.failed(model, Broken("half"))


def candidate(name: str) -> Candidate:
    return Candidate(Entry(name, "up", name, None), None, 0.5)


A, B = candidate("a"), candidate("b")


def test_f28_when_all_are_ill_whoever_failed_longest_ago_goes_first() -> None:
    room = Room()
    room.break_down("b")
    room.now += 1
    assert room.health.order([A, B]) == [A, B]
    room.break_down("a")

    assert room.health.ill() == {"a", "b"}
    assert room.health.order([A, B]) == [B, A]
    assert room.health.bar("a") is None


def test_one_probe_at_a_time_and_what_it_says_counts() -> None:
    room = Room()
    room.break_down("a")
    room.now += FIRST_SECONDS
    assert room.health.ill() == frozenset()

    room.health.asked("a")
    assert room.health.ill() == {"a"}
    room.health.failed("a", Rejected("what you say is wrong, so I am well"))
    assert room.health.ill() == frozenset()


def test_f14_nobody_is_sent_to_who_asked_to_wait() -> None:
    room = Room()
    room.health.failed("a", RateLimited("slow down", retry_after=30))
    room.now += 10

    barred = room.health.bar("a")
    assert isinstance(barred, RateLimited)
    assert barred.retry_after == 20.0
    room.now += 20
    assert room.health.bar("a") is None


def test_what_is_down_and_says_for_how_long_may_still_be_tried() -> None:
    room = Room()
    room.health.failed("a", Unavailable("down", retry_after=30))

    assert room.health.ill() == {"a"}
    assert room.health.bar("a") is None


def test_f15_f17_the_operator_hears_once_what_is_theirs_to_mend() -> None:
    room = Room()
    for _ in range(3):
        room.health.failed("a", QuotaExhausted("empty"))
    room.health.failed("b", Unauthorised("no"))

    assert room.told == [Ejected("a", "upstream_quota_exhausted"), Ejected("b", "upstream_auth")]
    for name, kind in (("a", QuotaExhausted), ("b", Unauthorised)):
        barred = room.health.bar(name)
        assert isinstance(barred, kind)
        assert barred.retry_after == REFUSED_SECONDS
    room.health.succeeded("a")
    assert room.health.bar("a") is None
