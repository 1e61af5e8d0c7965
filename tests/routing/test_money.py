"""Amounts as people write them, to the nano-dollar, and everything that is not one refused with a hint."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import money
from routing.money import Share, Shares, Usd, UsdPerMillion


@pytest.mark.parametrize(
    ("written", "nano"),
    [
        ("$2.50", 2_500_000_000),
        ("$200", 200_000_000_000),
        ("$0.01", 10_000_000),
        ("$0", 0),
        ("$0.000000001", 1),
        ("$9,000,000", 9_000_000 * 10**9),
    ],
)
def test_amounts(written: str, nano: int) -> None:
    assert money.usd(written) == nano


@pytest.mark.parametrize(("written", "micro"), [("$2.50", 2_500_000), ("$0.0375", 37_500), ("$0.000001", 1), ("$0", 0)])
def test_prices_per_million(written: str, micro: int) -> None:
    assert money.usd_per_million(written) == micro


NO_AMOUNT: list[object] = [
    200,
    2.5,
    True,
    None,
    "200",
    "2.50",
    "-$1",
    "$-1",
    "$1e3",
    "1e3",
    "$nan",
    "NaN",
    ".inf",
    float("inf"),
    "$",
    "$1.",
    "$.5",
]
NO_AMOUNT += [
    "$ 1",
    "$1 ",
    "$1,00",
    "$0x10",
    "yes",
    "$9000000.01",
    "$0.0000000001",
    "€1",
    "$٣",
    "$" + "1" * 50,
    ["$1"],
    {},
]


@pytest.mark.parametrize("written", NO_AMOUNT)
def test_what_is_no_amount_is_refused_with_the_way_to_write_it(written: object) -> None:
    with pytest.raises(ValueError, match=r"written like `\$200`"):
        money.usd(written)
    with pytest.raises(ValueError, match=r"written like `\$2\.50`"):
        money.usd_per_million(written)


def test_a_price_has_its_own_bounds() -> None:
    with pytest.raises(ValueError, match=r"\$0\.000001"):
        money.usd_per_million("$0.0000001")
    with pytest.raises(ValueError, match="at most"):
        money.usd_per_million("$10000.01")


@pytest.mark.parametrize(("written", "points"), [("70%", 7_000), ("95 %", 9_500), ("0.5%", 50), ("100%", 10_000)])
def test_shares(written: str, points: int) -> None:
    assert money.share(written) == points


@pytest.mark.parametrize("written", [70, 0.7, "70", "0%", "101%", "-1%", "0.001%", None, "%"])
def test_what_is_no_share_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="written like `70%`"):
        money.share(written)


def test_several_shares_rise_and_come_once() -> None:
    assert money.shares(["70%", "50%", "70%"]) == (5_000, 7_000)
    assert money.shares("70%") == (7_000,)


class Written(msgspec.Struct):
    amount: Usd
    price: UsdPerMillion | None = None
    stop: Share | None = None
    marks: Shares = ()


def test_msgspec_reads_them_and_refuses_bare_numbers() -> None:
    read = msgspec.convert(
        {"amount": "$1", "price": "$2", "stop": "95%", "marks": ["70%"]}, Written, dec_hook=money.decode
    )
    assert (read.amount, read.price, read.stop, read.marks) == (10**9, 2 * 10**6, 9_500, (7_000,))
    with pytest.raises(msgspec.ValidationError, match=r"written like `\$200` .*not `5` - at `\$\.amount`"):
        msgspec.convert({"amount": 5}, Written, dec_hook=money.decode)
    with pytest.raises(NotImplementedError):
        money.decode(bytes, "x")


@given(st.integers(0, money.LARGEST * money.NANO))
def test_exact_reads_back(nano: int) -> None:
    assert money.usd(money.exact(nano)) == nano


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "$0.00"),
        (1_230_000_000, "$1.23"),
        (1_234_500_000_000, "$1,234.50"),
        (10_000_000, "$0.01"),
        (4_240_000, "$0.0042"),
        (999_999_999, "$1.00"),
        (5_000_000, "$0.005"),
        (-10_000_000, "-$0.01"),
    ],
)
def test_human(nano: int, text: str) -> None:
    assert money.human(nano) == text


def test_exact_shows_every_digit() -> None:
    assert money.exact(123_400) == "$0.000123400"
    assert money.exact(-1) == "-$0.000000001"


def test_a_part_is_rounded_down() -> None:
    assert money.part(200 * 10**9, 7_000) == 140 * 10**9
    assert money.part(1, 9_999) == 0
