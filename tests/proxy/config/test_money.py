"""Amounts in a configuration: what YAML makes of numbers is refused with its line, never taken for money. F48, F49."""

import pytest

from proxy.config.load import parse
from proxy.config.report import ConfigError

BUDGET = "budgets:\n  - name: month\n    limit: {}\n"
PRICE = """providers:
  up: {{dialect: openai, base_url: "http://x", credential: c}}
models:
  paid:
    provider: up
    price:
      input: {}
      output: $1
"""
NO_MONEY = [
    ".nan", ".inf", "-.inf", "1e3", "0x10", "0o17", "yes", "true", "~", "200", "1.5", "-5", "$-5", "-$5", "$1e3",
    "$.inf", "$nan", "$", "[]", "{}", "$1 000", "$0x10", "$0.0000000001", "€5", "$٣",
]  # fmt: skip


@pytest.mark.parametrize("written", NO_MONEY)
@pytest.mark.parametrize(("text", "line"), [(BUDGET, 3), (PRICE, 7)])
def test_what_is_no_amount_is_refused_with_its_line(text: str, line: int, written: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text.format(written), {}, "config.yaml")
    assert {mistake.line for mistake in refused.value.mistakes} <= {line, line - 1}


@pytest.mark.parametrize("written", ["$9000001", "$9007200", "$99999999999999999999", "$9,000,000.01"])
def test_a_limit_that_a_double_cannot_count_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="at most"):
        parse(BUDGET.format(written), {}, "config.yaml")


def test_the_largest_limit_is_exact_to_the_nano_dollar() -> None:
    (rule,) = parse(BUDGET.format("$8,999,999.999999999"), {}, "config.yaml").budgets
    assert int(rule.limit) == 8_999_999_999_999_999 < 2**53


def test_how_much_a_hold_survives_is_one_of_two_words() -> None:
    assert parse("ledger: {durability: power}", {}, "config.yaml").ledger.durability == "power"
    with pytest.raises(ConfigError, match="process, power"):
        parse("ledger: {durability: fsync}", {}, "config.yaml")
