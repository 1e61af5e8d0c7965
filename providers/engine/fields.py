"""The optional fields of a body, read one by one; what is wrong is refused by its name. null counts as absent.

Light on purpose: the HTTP worker imports it.
"""

from math import isfinite
from typing import Any

import msgspec
from msgspec import Raw

from providers.errors import CallerError


class Fields:
    """Every method raises CallerError 400 that names the field."""

    def __init__(self, body: dict[str, Raw]) -> None:
        self._body = body

    def get(self, name: str, kind: Any, default: Any) -> Any:
        """The field as this type."""
        raw = self._body.get(name)
        value = None if raw is None else decode(raw, kind | None, name)
        return default if value is None else value

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number within these bounds."""
        value: float = self.get(name, float, default)
        if not isfinite(value) or not low <= value <= high:
            raise CallerError(f"'{name}' must be a number from {low} to {high}.", param=name)
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """An integer within these bounds."""
        value: int = self.get(name, int, default)
        if not low <= value <= high:
            raise CallerError(f"'{name}' must be an integer from {low} to {high}.", param=name)
        return value


def decode(raw: Raw | bytes, kind: Any, name: str) -> Any:
    """JSON as this type. Raises CallerError naming the field."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallerError(f"'{name}' is not what it should be: {error}", param=name) from error


def unsupported(param: str, why: str = "the local model cannot do this yet") -> CallerError:
    """The refusal of what the engine cannot do."""
    return CallerError(f"'{param}' is not supported here: {why}.", code="unsupported_feature", param=param)
