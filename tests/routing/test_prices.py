"""What tokens cost, against sums worked out by hand, to the nano-dollar."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.words import Usage
from routing.money import decode
from routing.prices import Long, Price, affordable, cost, read_table, shipped, worst_case

GPT_4O = Price(input=2_500_000, output=10_000_000, cached=1_250_000)
CLAUDE = Price(1_000_000, 5_000_000, 100_000, cache_write=1_250_000)
GEMINI = Price(1_250_000, 10_000_000, 125_000, Long(200_000, 2_500_000, 15_000_000, 250_000))


@pytest.mark.parametrize(
    ("price", "usage", "nano"),
    [
        (GPT_4O, Usage(1000, 500), 7_500_000),  # 1000 × $2.50/M + 500 × $10/M = $0.0025 + $0.005
        (GPT_4O, Usage(1000, 500, cached=400), 7_000_000),  # 600 × $2.50/M + 400 × $1.25/M + 500 × $10/M
        (GPT_4O, Usage(1000, 500, reasoning=500), 7_500_000),  # reasoning is a part of the output
        (GPT_4O, Usage(10, 0, cached=99), 12_500),  # never more cached than there was
        (GPT_4O, Usage(0, 0), 0),
        # F48: 53 bits, which is all that a double keeps, would be off by one here
        (Price(10**10 + 1, 10**10 + 1), Usage(10**6, 999_999), 19_999_990_002_000),
        (Price(10**10 - 1, 1), Usage(2**31 - 1, 0), 21_474_836_467_852_517),
        (Price(37_500, 150_000), Usage(1, 1), 188),  # 37.5 + 150 n$, rounded up once
        (Price(1, 1), Usage(1, 1), 1),  # 2 pico-dollars
        (Price(37_500, 150_000), Usage(3, 0, cached=3), 113),  # no cached price: as any input
        # 200 × $1/M + 300 × $0.10/M + 500 × $1.25/M + 10 × $5/M
        (CLAUDE, Usage(1000, 10, cached=300, cache_write=500), 905_000),
        (CLAUDE, Usage(10, 0, cached=8, cache_write=99), 3_300),  # never more written than there was
        (GPT_4O, Usage(10, 0, cache_write=10), 25_000),  # no price of its own: as any input
        (GEMINI, Usage(200_000, 10), 250_100_000),
        (GEMINI, Usage(200_001, 10, cached=1), 500_150_250),
    ],
)
def test_cost_by_hand(price: Price, usage: Usage, nano: int) -> None:
    assert cost(price, usage) == nano


def test_worst_case_by_hand() -> None:
    assert worst_case(GPT_4O, 100, 50) == 750_000
    assert worst_case(GPT_4O, 100, 50, n=3) == 1_750_000
    assert worst_case(GEMINI, 200_001, 10) == 500_152_500
    assert worst_case(Price(100, 100, cached=300), 10, 0) == 3  # a cache may be the dearer way
    assert worst_case(CLAUDE, 100, 10) == 100 * 1_250 + 10 * 5_000


RATES = st.integers(1, 10**10)
PRICES = st.builds(
    Price,
    RATES,
    RATES,
    st.none() | RATES,
    st.none() | st.builds(Long, st.integers(0, 10**6), RATES, RATES, st.none() | RATES, st.none() | RATES),
    st.none() | RATES,
)


TOKENS = st.integers(0, 10**6)


@given(PRICES, TOKENS, TOKENS, TOKENS, TOKENS, st.integers(0, 10**5))
def test_no_usage_within_the_bounds_costs_more_than_the_worst_case(
    price: Price, i: int, o: int, cached: int, written: int, more: int
) -> None:
    usage = Usage(i, o, cached=cached, cache_write=written)
    assert 0 <= cost(price, usage) <= worst_case(price, i + more, o + more)


@given(PRICES, st.integers(0, 10**6), st.integers(0, 10**13), st.integers(1, 8))
def test_affordable_is_the_largest_output_that_fits(price: Price, prompt: int, amount: int, n: int) -> None:
    most = affordable(price, prompt, amount, n)
    assert most is not None
    assert worst_case(price, prompt, most + 1, n) > amount
    assert most < 0 or worst_case(price, prompt, most, n) <= amount


def test_affordable_output_that_costs_nothing_has_no_bound() -> None:
    assert affordable(Price(100, 0), 10, 5) is None


def test_the_shipped_table() -> None:
    table = shipped()
    assert table.prices["gpt-4o"].rates(10) == (2_500_000, 10_000_000, 1_250_000, 2_500_000)
    assert table.prices["gemini-2.5-pro"].rates(200_001) == (2_500_000, 15_000_000, 250_000, 2_500_000)
    assert table.prices["claude-haiku-5-5"].rates(100_001) == (500_000, 2_500_000, 50_000, 625_000)
    assert len(table.prices) >= 10
    claude = [price.rates(0) for name, price in table.prices.items() if name.startswith("claude-")]
    assert claude and all(rates.cache_write * 4 == rates.input * 5 for rates in claude)  # five minutes: 1.25 ×
    assert table.prices["text-embedding-3-small"].rates(10)[:2] == (20_000, 0)
    chats = [price.rates(0) for price in table.prices.values() if price.output]
    assert all(0 < rates[2] <= rates[0] < rates[1] for rates in chats)


ROW = "m: {input: $1, output: $2, date: 2026-01-02, source: here}\n"


def test_the_version_names_the_newest_date_and_the_text() -> None:
    assert read_table(ROW).version.startswith("2026-01-02.")
    assert read_table(ROW).version != read_table(ROW.replace("$2", "$3")).version


@pytest.mark.parametrize(
    "price", [{"input": 2.5, "output": "$1"}, {"input": "$0", "output": "$0"}, {"input": "$1", "outptu": "$1"}]
)
def test_a_mistaken_price_is_refused(price: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(price, Price, dec_hook=decode)
