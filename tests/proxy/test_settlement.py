"""From what was seen to what is booked, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.words import Usage
from proxy.money.ledger import Ending
from proxy.settlement import Seen, settle, used
from routing.prices import Price
from tests.doubles.ledgers import hold

PRICE = Price(input=2_500_000, output=10_000_000, cached=1_250_000)
HOLD = hold("a", 5_000_000)


def seen(usage: Usage | None = None, **more: object) -> Seen:
    told = {"dispatched": True, "final": True, "prompt_bytes": 401, "text_bytes": 0, "text_events": 0, **more}
    return Seen(usage=usage, **told)  # type: ignore[arg-type]


def test_the_provider_s_usage_is_taken_exactly() -> None:
    ending = settle(seen(Usage(100, 50, 40, 10), answered="x", text_bytes=9999), PRICE, HOLD, 7)
    assert ending == Ending("a", 0, 7, "settled", 700_000, 100, 50, 40, 10, "provider", "x", "ok")


def test_the_provider_s_usage_may_pass_the_hold_so_that_the_ledger_sees_the_overrun() -> None:
    """F22."""
    assert settle(seen(Usage(0, 1000)), PRICE, HOLD, 7).cost == 10_000_000


def test_what_was_never_dispatched_is_void() -> None:
    ending = settle(seen(Usage(5, 5), dispatched=False, outcome="upstream_unreachable"), PRICE, HOLD, 7)
    assert ending == Ending("a", 0, 7, "void", outcome="upstream_unreachable")


@pytest.mark.parametrize(
    ("events", "size", "output"), [(0, 0, 0), (3, 4, 3), (3, 13, 4), (1, 16, 4)], ids=["none", "events", "up", "bytes"]
)
def test_without_usage_it_is_estimated(events: int, size: int, output: int) -> None:
    """F20."""
    ending = settle(seen(final=False, text_events=events, text_bytes=size, outcome="client_left"), PRICE, HOLD, 7)
    assert (ending.input, ending.output, ending.usage_source) == (101, output, "estimated")
    assert ending.cost == 101 * 2_500 + output * 10_000
    assert (ending.state, ending.outcome) == ("settled", "client_left")


def test_an_estimate_never_passes_the_hold() -> None:
    assert settle(seen(text_events=10**6, final=False), PRICE, HOLD, 7).cost == HOLD.amount


def test_usage_of_an_unfinished_answer_gives_the_prompt_and_at_least_what_it_says() -> None:
    partial = Usage(90, 2, cached=30)
    assert used(seen(partial, final=False, text_bytes=40)) == Usage(90, 10, 30, 0, "estimated")
    written = Usage(90, 2, cached=30, cache_write=60)
    assert used(seen(written, final=False)) == Usage(90, 2, 30, 0, "estimated", cache_write=60)
    assert used(seen(Usage(90, 20), final=False, text_bytes=40)) == Usage(90, 20, 0, 0, "estimated")


@pytest.mark.parametrize(
    "usage",
    [
        *(Usage(-1, 5), Usage(5, -1), Usage(2**31, 5), Usage(5, 10**22), Usage(5, 5, cached=6), Usage(5, 5, 0, -1)),
        *(Usage(5, 5, cached=3, cache_write=3), Usage(5, 5, cache_write=-1)),
    ],
)
def test_impossible_usage_is_estimated(usage: Usage) -> None:
    """F21."""
    assert used(seen(usage, text_events=7)) == Usage(101, 7, source="estimated")


def test_zero_output_is_believed_only_when_no_text_came() -> None:
    """F21."""
    assert used(seen(Usage(5, 0))) == Usage(5, 0)
    assert used(seen(Usage(5, 0), text_bytes=8)) == Usage(5, 2, source="estimated")


def test_a_free_attempt_costs_nothing_and_keeps_its_counts() -> None:
    ending = settle(seen(Usage(5, 6, source="counted")), None, hold("a", 0), 7)
    assert (ending.cost, ending.input, ending.output, ending.usage_source) == (0, 5, 6, "counted")


COUNTS = st.integers(-(10**3), 10**10)


@given(
    st.none() | st.builds(Usage, COUNTS, COUNTS, COUNTS), st.booleans(), st.integers(0, 10**7), st.integers(0, 10**7)
)
def test_every_ending_fits_the_ledger(usage: Usage | None, final: bool, size: int, events: int) -> None:
    ending = settle(seen(usage, final=final, text_bytes=size, text_events=events), PRICE, HOLD, 7)
    assert 0 <= ending.cost < 2**63
    assert 0 <= ending.cached <= ending.input < 2**31
    assert 0 <= ending.output < 2**31
    assert ending.usage_source == "provider" or ending.cost <= HOLD.amount


DEAR = Price(input=10_000_000, output=30_000_000, cached=5_000_000)


def test_the_baseline_is_the_same_tokens_at_its_own_price() -> None:
    used_up = seen(Usage(100, 50, 40))
    assert settle(used_up, PRICE, HOLD, 7, DEAR).baseline == 60 * 10_000 + 40 * 5_000 + 50 * 30_000
    assert settle(used_up, None, hold("a", 0), 7, PRICE).baseline == 60 * 2_500 + 40 * 1_250 + 50 * 10_000
    assert settle(used_up, PRICE, HOLD, 7, None).baseline == 0


def test_the_asked_model_itself_saves_nothing_not_even_its_overrun() -> None:
    assert settle(seen(Usage(100, 50)), PRICE, HOLD, 7, PRICE).baseline == 100 * 2_500 + 50 * 10_000
    assert settle(seen(Usage(0, 1000)), PRICE, HOLD, 7, PRICE).baseline == HOLD.amount


def test_what_gave_no_answer_saves_nothing() -> None:
    silent = settle(seen(final=False, outcome="upstream_timeout"), PRICE, HOLD, 7, DEAR)
    assert silent.baseline == silent.cost == 101 * 2_500
    assert settle(seen(final=False), None, hold("a", 0), 7, DEAR).baseline == 0
    assert settle(seen(Usage(5, 5), dispatched=False), PRICE, HOLD, 7, DEAR).baseline == 0


def test_half_an_answer_saves_its_half() -> None:
    assert settle(seen(final=False, text_bytes=8), None, hold("a", 0), 7, DEAR).baseline == 101 * 10_000 + 2 * 30_000
