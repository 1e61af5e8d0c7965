"""How deep JSON nests: what a client sent is walked by recursion later, in a process that others share.

Light on purpose: the HTTP worker imports it.
"""

from typing import Any

DEEPEST = 100
"""Levels of objects and lists in each other that are taken."""


def too_deep(value: Any, levels: int = DEEPEST) -> bool:
    """Whether a value (dicts, lists) has more levels than that."""
    level = [value]
    for _ in range(levels):
        level = [child for each in level for child in _children(each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _children(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
