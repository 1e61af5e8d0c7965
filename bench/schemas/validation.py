"""Whether an answer keeps a schema, by the `jsonschema` package and by format checks that are not ours."""

import datetime
import ipaddress
import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from bench.schemas.strategy import plain

DURATION = re.compile(r"P(?!$)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?|P\d+W")
HOST = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
FORMATS = FormatChecker(formats=())


def problem(schema: Any, text: str) -> str | None:
    """Why a text does not keep a schema; None when it does."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        return f"no JSON: {error}"
    validator = Draft202012Validator(plain(schema), format_checker=FORMATS)
    return next((error.message[:300] for error in validator.iter_errors(value)), None)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _check(name: str, raises: tuple[type[Exception], ...] = (ValueError,)) -> Callable[[Callable[[str], object]], None]:
    def register(check: Callable[[str], object]) -> None:
        def strict(value: object) -> bool:
            return not isinstance(value, str) or check(value) is not False

        FORMATS.checks(name, raises)(strict)

    return register


_check("date")(datetime.date.fromisoformat)
_check("uuid")(uuid.UUID)
_check("ipv4")(ipaddress.IPv4Address)
_check("ipv6")(ipaddress.IPv6Address)
_check("time")(lambda text: datetime.datetime.fromisoformat(f"2000-01-01T{text}").tzinfo is not None)
_check("date-time")(lambda text: datetime.datetime.fromisoformat(text).tzinfo is not None)
_check("duration")(lambda text: DURATION.fullmatch(text) is not None)
_check("hostname")(lambda text: HOST.fullmatch(text) is not None)
_check("email")(lambda text: text.count("@") == 1 and HOST.fullmatch(text.split("@")[1]) is not None)
_check("uri")(lambda text: bool(urlsplit(text).scheme and urlsplit(text).hostname) and " " not in text)
