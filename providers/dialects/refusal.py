"""What an upstream's refusal means, whatever its wire format: a status and checked words in, a ProviderError out.

Their text is shown only when they refuse the request for what it says; every other text may quote our credential or
tell of the operator's account.
"""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from providers.errors import (
    Broken,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorised,
    Unavailable,
)

LONGEST_MESSAGE = 2000
WORD = re.compile(r"[\x20-\x7e]{1,128}")

EMPTY_ACCOUNT = frozenset(
    {
        "insufficient_quota",
        "enforced_spend_limit_reached",
        "billing_hard_limit_reached",
        "billing_not_active",
        "insufficient_balance",
    }
)


class Refusal(Struct, frozen=True):
    """What an error object says, each word checked to be fit for a client's eyes."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None
    status: int | None = None


def meaning(status: int, told: Refusal, retry_after: float | None) -> ProviderError:
    """The error of a non-200 status."""
    if status == 402 or (400 <= status < 500 and EMPTY_ACCOUNT & {told.code, told.type}):
        return QuotaExhausted("The operator's account with the upstream is exhausted.")
    if status == 429:
        return RateLimited("The upstream asks to slow down.", retry_after=retry_after)
    if status in (401, 403):
        return Unauthorised("The upstream refused the operator's credential.")
    if status == 408:
        return TimedOut("The upstream gave up waiting.")
    if status in (409, 425) or status >= 500:
        return Unavailable(f"The upstream failed with status {status}.", retry_after=retry_after)
    if status >= 400:
        message = told.message or f"The upstream refused the request with status {status}."
        return Rejected(message, status=status, type=told.type, code=told.code, param=told.param)
    return Broken(f"The upstream answered with status {status}, which makes no sense here.")


def text(value: Any) -> str:
    """A message, cut to LONGEST_MESSAGE; empty when it is no text."""
    return value[:LONGEST_MESSAGE] if isinstance(value, str) else ""


def word(value: Any) -> str | None:
    """A word that may stand in a header; else None."""
    return value if isinstance(value, str) and WORD.fullmatch(value) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms`, or `retry-after` in seconds or as a date beside the answer's own."""
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after", "")
    seconds = _seconds(said)
    if seconds is not None or not said:
        return seconds
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def _seconds(said: str) -> float | None:
    try:
        value = float(said)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
