from msgspec import Struct

from providers.engine.waiting import FairQueue


class Guest(Struct, frozen=True):
    tenant: str
    number: int
    deadline: float = 10.0


def taken(queue: FairQueue[Guest]) -> list[str]:
    found = []
    while (guest := queue.take()) is not None:
        found.append(f"{guest.tenant}{guest.number}")
    return found


def test_tenants_take_turns_and_keep_their_order() -> None:
    queue: FairQueue[Guest] = FairQueue(10)
    for guest in (Guest("a", 1), Guest("a", 2), Guest("a", 3), Guest("b", 1), Guest("c", 1), Guest("b", 2)):
        assert queue.put(guest)
    assert taken(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_it_is_bounded() -> None:
    queue: FairQueue[Guest] = FairQueue(1)
    assert queue.put(Guest("a", 1))
    assert not queue.put(Guest("b", 1))
    assert len(queue) == 1


def test_who_leaves_is_not_called() -> None:
    queue: FairQueue[Guest] = FairQueue(3)
    queue.put(Guest("a", 1))
    queue.put(Guest("b", 1))
    assert queue.remove(Guest("a", 1))
    assert not queue.remove(Guest("a", 1))
    assert taken(queue) == ["b1"]


def test_who_waited_too_long_is_taken_out() -> None:
    queue: FairQueue[Guest] = FairQueue(3)
    queue.put(Guest("a", 1, deadline=5))
    queue.put(Guest("a", 2, deadline=7))
    assert queue.expired(4.9) == []
    assert queue.expired(5) == [Guest("a", 1, 5)]
    assert taken(queue) == ["a2"]
