"""A table of text for a terminal: columns as wide as they need, numbers to the right."""

from collections.abc import Sequence
from typing import Any


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lines without a trailing newline. A column stands to the right when all its values are numbers or amounts."""
    columns = [[head, *(_text(row[place]) for row in rows)] for place, head in enumerate(heads)]
    right = [bool(rows) and all(_is_amount(row[place]) for row in rows) for place in range(len(heads))]
    padded = [
        [value.rjust(width) if to_the_right else value.ljust(width) for value in column]
        for column, to_the_right in zip(columns, right, strict=True)
        for width in [max(map(len, column))]
    ]
    return "\n".join("  ".join(line).rstrip() for line in zip(*padded, strict=True))


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) or str(value).lstrip("-").startswith("$")
