"""Usage is believed wholly or not at all."""

from typing import Any

import pytest

from providers.dialects.openai import usage
from providers.words import Usage

TRUE: list[tuple[dict[str, Any], Usage]] = [
    ({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}, Usage(9, 3)),
    ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage(0, 0)),
    (
        {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 8}},
        Usage(9, 3, cached=8),
    ),
    ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 5}, Usage(9, 3, cached=5)),
    (
        {"prompt_tokens": 9, "completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 2}},
        Usage(9, 3, reasoning=2),
    ),
    (  # xAI: reasoning is not in completion_tokens, the total says so
        {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "total_tokens": 112,
            "completion_tokens_details": {"reasoning_tokens": 100},
        },
        Usage(9, 103, reasoning=100),
    ),
    ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": None, "queue_time": 0.1}, Usage(9, 3)),
    ({"prompt_tokens": 4, "total_tokens": 4}, Usage(4, 0)),
]

UNTRUE: list[Any] = [
    None,
    {},
    [],
    "9",
    {"prompt_tokens": 9},
    {"completion_tokens": 9},
    {"prompt_tokens": 4, "total_tokens": 9},
    {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 10}},
    {"prompt_tokens": 9, "completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 4}},
    {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": -1}},
    *({"prompt_tokens": 9, "completion_tokens": bad} for bad in (-1, 3.0, 3.5, "3", True, 10**22, [3])),
    *({"prompt_tokens": bad, "completion_tokens": 3} for bad in (-1, 9.0, "9", None, False, 10**22)),
]


@pytest.mark.parametrize(("told", "expected"), TRUE)
def test_usage_is_read(told: dict[str, Any], expected: Usage) -> None:
    assert usage.read(told) == expected


@pytest.mark.parametrize("told", UNTRUE)
def test_impossible_usage_is_none(told: Any) -> None:
    """F21."""
    assert usage.read(told) is None
