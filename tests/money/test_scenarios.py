"""Each scenario of money that Halfpenny promises to live through has tests, and the page on the proof names them."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "proof.md"
SCENARIOS = (*range(31, 47), 48, 49, 52)
"""F31 the last cent raced for … F52 the end that comes twice or late."""
AREAS = ("money", "proxy/money", "proxy/config", "proxy/limits", "routing")


def named(number: int) -> list[tuple[str, str]]:
    """The tests that the page names for a scenario: file and function."""
    (row,) = re.findall(rf"^\| F{number} \|.*$", PAGE.read_text(), re.MULTILINE)
    return re.findall(r"`([\w/]+\.py)::(\w+)`", row)


@pytest.mark.parametrize("number", SCENARIOS, ids=lambda number: f"F{number}")
def test_has_a_test(number: int) -> None:
    carries = re.compile(rf"(?:\b|_)[Ff]{number}(?!\d)(?:\b|_)")
    files = [file for area in AREAS for file in (TESTS / area).rglob("test_*.py") if file != Path(__file__).resolve()]
    assert [file.name for file in files if carries.search(file.read_text())]


@pytest.mark.parametrize("number", SCENARIOS, ids=lambda number: f"F{number}")
def test_the_page_names_tests_that_there_are(number: int) -> None:
    found = named(number)
    assert found
    for file, function in found:
        assert re.search(rf"^(?:async )?def {function}\(", (TESTS / file).read_text(), re.MULTILINE), (file, function)
