"""Reads Anthropic's error objects. Source: https://platform.claude.com/docs/en/api/errors.

An account that is empty, or at a spend limit, speaks as a bad request or a rate limit; only its words tell.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from providers.dialects.refusal import Refusal, meaning, retry_after, text, word
from providers.errors import ProviderError

STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
EMPTY_ACCOUNT = re.compile(
    r"credit balance is too low|You have reached your (?:specified )?(?:workspace )?API usage limits"
)
TOO_LONG = re.compile(r"prompt is too long|exceed context limit|exceeds? the context window", re.IGNORECASE)


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of a non-200 answer. Header names are lower case; `body` may be anything."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    return meaning(status, _read(value.get("error") if isinstance(value, dict) else None), retry_after(headers))


def of_event(error: Any) -> ProviderError:
    """The error of a decoded `error` value that came after a 200."""
    kind = error.get("type") if isinstance(error, dict) else None
    return meaning(STATUS_OF.get(str(kind), 500), _read(error), None)


def _read(error: Any) -> Refusal:
    """What they say, in OpenAI's words where it has some: `type` is for the client always its own mistake."""
    if not isinstance(error, dict):
        return Refusal()
    message = text(error.get("message"))
    details = error.get("details")
    code = word(details.get("error_code")) if isinstance(details, dict) else None
    if EMPTY_ACCOUNT.search(message):
        code = "insufficient_quota"
    elif TOO_LONG.search(message):
        code = "context_length_exceeded"
    elif error.get("type") == "not_found_error" and message.startswith("model:"):
        code = "model_not_found"
    return Refusal(message, code=code)
