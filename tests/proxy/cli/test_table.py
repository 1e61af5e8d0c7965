"""Columns as wide as they need, numbers to the right."""

from proxy.cli.table import table


def test_a_table() -> None:
    assert table(("name", "n", "cost"), [("a", 1_000, "$1.50"), ("bcdef", 2, "$12.00")]).splitlines() == [
        "name       n    cost",
        "a      1,000   $1.50",
        "bcdef      2  $12.00",
    ]
    assert table(("n",), [("$1.50",), ("-$12.00",)]).splitlines()[1] == "  $1.50"
    assert table(("a", "b"), []) == "a  b"
