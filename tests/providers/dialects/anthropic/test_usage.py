"""Usage is believed wholly or not at all."""

from typing import Any

import pytest

from providers.dialects.anthropic import usage
from providers.words import Usage

BEFORE = Usage(235, 0, 30, cache_write=200)

TRUE: list[tuple[dict[str, Any], Usage | None, Usage]] = [
    ({"input_tokens": 9, "output_tokens": 3}, None, Usage(9, 3)),
    ({"input_tokens": 0, "output_tokens": 0}, None, Usage(0, 0)),
    ({"input_tokens": 9, "output_tokens": 3, "cache_read_input_tokens": 40}, None, Usage(49, 3, 40)),
    ({"input_tokens": 9, "output_tokens": 3, "cache_creation_input_tokens": 40}, None, Usage(49, 3, cache_write=40)),
    (
        {"input_tokens": 9, "output_tokens": 3, "cache_read_input_tokens": None, "cache_creation_input_tokens": None},
        None,
        Usage(9, 3),
    ),
    ({"input_tokens": 9, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 2}}, None, Usage(9, 3, 0, 2)),
    ({"output_tokens": 7}, BEFORE, Usage(235, 7, 30, cache_write=200)),
    ({"output_tokens": 7, "input_tokens": 6}, BEFORE, Usage(236, 7, 30, cache_write=200)),
    (
        {"output_tokens": 7, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 1},
        BEFORE,
        Usage(6, 7, cache_write=1),
    ),
]

UNTRUE: list[Any] = [
    *(None, {}, [], "9", {"input_tokens": 9}, {"output_tokens": 9}),
    {"input_tokens": 9, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 4}},
    *({"input_tokens": 9, "output_tokens": bad} for bad in (-1, 3.5, "3", True, 10**22, None, [3])),
    *({"input_tokens": bad, "output_tokens": 3} for bad in (-1, 9.5, "9", False, 10**22)),
    *({"input_tokens": 9, "output_tokens": 3, "cache_read_input_tokens": bad} for bad in (-1, "1", 10**22)),
    *({"input_tokens": 9, "output_tokens": 3, "cache_creation_input_tokens": bad} for bad in (-1, "1", 10**22)),
]


@pytest.mark.parametrize(("told", "before", "expected"), TRUE)
def test_usage_is_read(told: dict[str, Any], before: Usage | None, expected: Usage) -> None:
    assert usage.read(told, before) == expected


@pytest.mark.parametrize("told", UNTRUE)
def test_impossible_usage_is_none(told: Any) -> None:
    assert usage.read(told) is None
