"""Numbers as another gateway's YAML has them: texts, floats, names of variables, or nothing that is one."""

from decimal import Decimal, InvalidOperation
from typing import Any


def number(given: Any) -> Decimal | None:
    """A finite number that is not below zero, exactly; None for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        found = Decimal(str(given).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None
