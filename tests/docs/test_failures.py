"""The page on failures names a test for each of its scenarios, each is there, and each carries the number."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "failures.md"
SCENARIOS = (*range(1, 31), *range(55, 64))


@pytest.mark.parametrize("number", SCENARIOS, ids=lambda number: f"F{number:02}")
def test_each_scenario_has_tests_that_carry_its_number(number: int) -> None:
    (row,) = re.findall(rf"^\| F{number:02} \|.*$", PAGE.read_text(), re.MULTILINE)
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
    assert named
    for file, function in named:
        head = rf'^(?:async )?def {function}\(.*?\) -> None:\n(?:\s+""".*?""")?'
        found = re.search(head, (TESTS / file).read_text(), re.MULTILINE | re.DOTALL)
        assert found is not None, (file, function)
        assert re.search(rf"(?:\b|_)[Ff]{number:02}(?!\d)", found[0]), (file, function)
