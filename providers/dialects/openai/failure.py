"""Reads an OpenAI-shaped upstream's error objects. Source: https://platform.openai.com/docs/guides/error-codes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from providers.dialects.refusal import EMPTY_ACCOUNT, Refusal, meaning, retry_after, text, word
from providers.errors import ProviderError

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


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of a non-200 answer. Header names are lower case; `body` may be anything."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    return meaning(status, _read(value), retry_after(headers))


def of_event(value: Any) -> ProviderError:
    """The error of a decoded error object that came after a 200."""
    told = _read(value)
    status = told.status or STATUS_OF.get(told.code or "") or STATUS_OF.get(told.type or "") or 500
    return meaning(status, told, None)


def _read(value: Any) -> Refusal:
    """An error object in the shapes seen: OpenAI's, Ollama's text, FastAPI's detail, vLLM's bare one, Gemini's list."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict) and value.get("error"):
        value = value["error"]
    if isinstance(value, str):
        return Refusal(text(value))
    if not isinstance(value, dict):
        return Refusal()
    return Refusal(
        text(value.get("message") or value.get("detail")),
        word(value.get("type")),
        word(value.get("code")),
        word(value.get("param")),
        _status(value.get("status")) or _status(value.get("code")),
    )


def _status(value: Any) -> int | None:
    """An HTTP status, which some write as a string."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    return value if type(value) is int and 400 <= value <= 599 else None
