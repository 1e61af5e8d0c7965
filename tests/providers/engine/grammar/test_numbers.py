import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.numbers import Bounds, automaton

texts = st.from_regex(r"-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?", fullmatch=True)
limits = st.none() | st.decimals(-200, 200, places=2)


def within(bounds: Bounds, value: Decimal) -> bool:
    low = bounds.low is None or (value > bounds.low if bounds.low_open else value >= bounds.low)
    return low and (bounds.high is None or (value < bounds.high if bounds.high_open else value <= bounds.high))


@settings(max_examples=300, deadline=None)
@given(limits, limits, st.booleans(), st.booleans(), st.lists(texts, min_size=5, max_size=20))
@example(Decimal("0.1"), Decimal("0.1"), False, False, ["0.1", "0.10", "0.11", "0.09", "0", "-0.1"])
def test_numbers_between_bounds(
    low: Decimal | None, high: Decimal | None, low_open: bool, high_open: bool, written: list[str]
) -> None:
    bounds = Bounds(low, high, low_open, high_open)
    machine = automaton(bounds, False, Budget(10**6))
    for text in written:
        negative_zero = text.startswith("-") and Decimal(text) == 0
        assert machine.accepts(text) == (within(bounds, Decimal(text)) and not negative_zero), text


@settings(max_examples=100, deadline=None)
@given(st.none() | st.integers(-300, 300), st.none() | st.integers(-300, 300), st.integers(1, 30))
def test_whole_numbers_and_their_multiples(low: int | None, high: int | None, multiple: int) -> None:
    bounds = Bounds(None if low is None else Decimal(low), None if high is None else Decimal(high), multiple=multiple)
    machine = automaton(bounds, True, Budget(10**6))
    for value in range(-320, 320):
        assert machine.accepts(str(value)) == (within(bounds, Decimal(value)) and value % multiple == 0)


@pytest.mark.parametrize("text", ["", "-", "-0", "00", "01", "-01", "1.", ".5", "1e5", "+1", "0.", "1.0.0", "1" * 16])
def test_what_is_no_number_of_ours_is_not_accepted(text: str) -> None:
    assert not automaton(Bounds(low=Decimal(-5)), False, Budget()).accepts(text)


def test_an_open_bound_holds_for_doubles_too() -> None:
    machine = automaton(Bounds(high=Decimal("0.1"), high_open=True), False, Budget())
    assert machine.accepts("0.099999")
    assert not machine.accepts("0.09999999999999999999")  # json reads it as 0.1
    assert json.loads("0.09999999999999999999") == 0.1


def test_bounds_too_long_for_a_double_are_rounded_inwards() -> None:
    machine = automaton(Bounds(low=Decimal("116.47999999999999687")), False, Budget())
    assert machine.accepts("116.48")
    assert not machine.accepts("116.479999999999")


def test_large_whole_bounds_are_exact() -> None:
    machine = automaton(Bounds(Decimal(2**63 - 2), Decimal(2**63 - 1)), True, Budget())
    assert [machine.accepts(str(2**63 + at)) for at in (-3, -2, -1, 0)] == [False, True, True, False]


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(Refusal, match="digits"):
        automaton(Bounds(high=Decimal(10) ** 40), True, Budget())
    with pytest.raises(Refusal, match="before the point"):
        automaton(Bounds(low=Decimal(10) ** 16), False, Budget())
    with pytest.raises(Refusal, match="multipleOf"):
        automaton(Bounds(multiple=101), True, Budget())
    assert automaton(Bounds(Decimal(5), Decimal(4)), True, Budget()).edges == ()
