"""Each scenario of money that Halfpenny promises to live through has a test that carries its number."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SCENARIOS = (*range(31, 47), 48, 49, 52)
"""F31 the last cent raced for … F52 the end that comes twice or late."""
AREAS = ("money", "proxy/money", "proxy/config", "proxy/limits", "routing")


@pytest.mark.parametrize("number", SCENARIOS, ids=lambda number: f"F{number}")
def test_has_a_test(number: int) -> None:
    carries = re.compile(rf"(?:\b|_)[Ff]{number}(?!\d)(?:\b|_)")
    files = [file for area in AREAS for file in (TESTS / area).rglob("test_*.py") if file != Path(__file__).resolve()]
    assert [file.name for file in files if carries.search(file.read_text())]
