from typing import Any

import pytest

from providers.engine.depth import too_deep


def nested(levels: int, *, lists: bool) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value, 2] if lists else {"a": value, "b": "x"}
    return value


@pytest.mark.parametrize("lists", [True, False])
def test_levels_are_counted_not_sizes(lists: bool) -> None:
    assert not too_deep(nested(5, lists=lists), 5)
    assert too_deep(nested(6, lists=lists), 5)
    assert too_deep(nested(100_000, lists=lists))
    assert not too_deep([list(range(1000))] * 10, 2)


@pytest.mark.parametrize("value", [None, 5, "text", {}, []])
def test_plain_values_are_shallow(value: object) -> None:
    assert not too_deep(value, 1)
