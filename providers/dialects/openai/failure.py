"""What an OpenAI-shaped upstream's refusal means: a status and a body in, a ProviderError out.

Their text is shown only when they refuse the request for what it says; every other text may quote our credential or
tell of the operator's account. Source: https://platform.openai.com/docs/guides/error-codes.
"""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
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
STATUS_OF = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "invalid_request_error": 400,
    "BadRequestError": 400,
    "context_length_exceeded": 400,
    "invalid_prompt": 400,
    "model_not_found": 404,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    **dict.fromkeys(EMPTY_ACCOUNT, 429),
}


class _Told(Struct, frozen=True):
    """What an error object says, each word checked to be fit for a client's eyes."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None
    status: int | None = None


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of a non-200 answer. Header names are lower case; `body` may be anything."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    return _failure(status, _read(value), _retry_after(headers))


def of_event(value: Any) -> ProviderError:
    """The error of a decoded error object that came after a 200."""
    told = _read(value)
    status = told.status or STATUS_OF.get(told.code or "") or STATUS_OF.get(told.type or "") or 500
    return _failure(status, told, None)


def _failure(status: int, told: _Told, retry_after: float | None) -> ProviderError:
    if status == 402 or (status in (403, 429) and EMPTY_ACCOUNT & {told.code, told.type}):
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


def _read(value: Any) -> _Told:
    """An error object in the shapes seen: OpenAI's, Ollama's text, FastAPI's detail, vLLM's bare one, Gemini's list."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict) and value.get("error"):
        value = value["error"]
    if isinstance(value, str):
        return _Told(value[:LONGEST_MESSAGE])
    if not isinstance(value, dict):
        return _Told()
    message = value.get("message") or value.get("detail")
    return _Told(
        message[:LONGEST_MESSAGE] if isinstance(message, str) else "",
        _word(value.get("type")),
        _word(value.get("code")),
        _word(value.get("param")),
        _status(value.get("status")) or _status(value.get("code")),
    )


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and WORD.fullmatch(value) else None


def _status(value: Any) -> int | None:
    """An HTTP status, which some write as a string."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    return value if type(value) is int and 400 <= value <= 599 else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms`, or `retry-after` in seconds or as a date beside the answer's own."""
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is not None or not text:
        return seconds
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
