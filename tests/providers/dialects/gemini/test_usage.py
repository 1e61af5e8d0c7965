"""Gemini's counts: thoughts are output, the cached part is one of the prompt; nonsense is no usage."""

from typing import Any

import pytest

from providers.dialects.gemini import usage
from providers.words import Usage


def test_thoughts_are_billed_as_output() -> None:
    told = {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 7, "totalTokenCount": 20}
    assert usage.read(told) == Usage(9, 11, 0, 7)


def test_what_googles_tools_brought_is_prompt() -> None:
    told = {"promptTokenCount": 9, "toolUsePromptTokenCount": 30, "cachedContentTokenCount": 5, "totalTokenCount": 39}
    assert usage.read(told) == Usage(39, 0, 5)


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        "9",
        {"promptTokenCount": -1},
        {"promptTokenCount": 1.5},
        {"promptTokenCount": "9"},
        {"promptTokenCount": 9, "cachedContentTokenCount": 10},
        {"promptTokenCount": 9, "totalTokenCount": 11},
        {"promptTokenCount": 10**12},
    ],
)
def test_what_cannot_be_true_is_no_usage(told: Any) -> None:
    assert usage.read(told) is None
