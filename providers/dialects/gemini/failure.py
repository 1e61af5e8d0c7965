"""Reads Gemini's error objects. Source: https://ai.google.dev/gemini-api/docs/troubleshooting and google.rpc.Status.

A wrong key speaks as a bad request, an exhausted free tier as a rate limit; only reasons and words tell.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import structs

from providers.dialects.refusal import Refusal, meaning, retry_after, text, word
from providers.errors import ProviderError

STATUS_OF = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
WRONG_KEY = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED", "ACCESS_TOKEN_EXPIRED"})
NO_BILLING = re.compile(r"prepayment credits are depleted|billing (?:account|is) (?:disabled|not)|enable billing", re.I)
TOO_LONG = re.compile(r"input token count .*exceeds the maximum", re.I)
DURATION = re.compile(r"(\d+(?:\.\d+)?)s")


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of a non-200 answer. Header names are lower case; `body` may be anything."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if isinstance(value, list) and value:  # a stream's refusal comes as a list of one, without `alt=sse`
        value = value[0]
    error = value.get("error") if isinstance(value, dict) else None
    return _failure(status, error, retry_after(headers))


def of_event(error: Any) -> ProviderError:
    """The error of a decoded `error` value that came after a 200."""
    said = error if isinstance(error, dict) else {}
    code = said.get("code")
    known = STATUS_OF.get(str(said.get("status")), 500)
    return _failure(code if type(code) is int and 400 <= code <= 599 else known, error, None)


def _failure(status: int, error: Any, after: float | None) -> ProviderError:
    if not isinstance(error, dict):
        return meaning(status, Refusal(), after)
    details = [detail for detail in error.get("details") or () if isinstance(detail, dict)]
    if WRONG_KEY & {str(detail.get("reason")) for detail in details}:
        status = 401
    told = Refusal(text(error.get("message")), code=word(error.get("status")))
    if NO_BILLING.search(told.message):
        told = structs.replace(told, code="insufficient_quota")
    elif TOO_LONG.search(told.message):
        told = structs.replace(told, code="context_length_exceeded")
    elif status == 404:
        told = structs.replace(told, code="model_not_found")
    return meaning(status, told, next(_delays(details), after) if after is None else after)


def _delays(details: list[dict[str, Any]]) -> Iterator[float]:
    """Seconds to wait, from `google.rpc.RetryInfo`."""
    for detail in details:
        found = DURATION.fullmatch(str(detail.get("retryDelay")))
        if found:
            yield float(found[1])
