"""What counts as a number in another gateway's YAML."""

from decimal import Decimal

import pytest

from proxy.start.numbers import number


@pytest.mark.parametrize(("given", "found"), [(5, "5"), ("7.50", "7.50"), (1e-7, "1E-7"), (0, "0"), (" 3 ", "3")])
def test_numbers_are_exact(given: object, found: str) -> None:
    assert number(given) == Decimal(found)


@pytest.mark.parametrize("given", [None, True, "x", "", [], -1, "nan", float("inf")])
def test_nothing_else_is_one(given: object) -> None:
    assert number(given) is None
