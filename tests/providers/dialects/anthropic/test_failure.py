"""What refusals of the Messages API mean, and what of their text a client may see."""

import pytest

from providers.dialects.anthropic import failure
from providers.errors import (
    Broken,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
)
from tests.doubles.anthropic_answers import error

BAD = "invalid_request_error"
SECRET = "invalid x-api-key sk-ant-secret"
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing. secret"
LIMITS = "You have reached your specified API usage limits. You will regain access on 2026-12-01. secret"
WORKSPACE = "You have reached your specified workspace API usage limits. You will regain access on 2026-12-01. secret"
CAP = "You have reached your API usage limits: your organization has crossed its monthly threshold. secret"

MEANINGS: list[tuple[int, bytes, type[ProviderError]]] = [
    (400, error(BAD, "messages: field required"), Rejected),
    (400, error(BAD, CREDIT), QuotaExhausted),
    (400, error(BAD, LIMITS), QuotaExhausted),
    (400, error(BAD, WORKSPACE), QuotaExhausted),
    (401, error("authentication_error", SECRET), Unauthorised),
    (402, error("billing_error", SECRET), QuotaExhausted),
    (403, error("permission_error", SECRET), Unauthorised),
    (404, error("not_found_error", "model: claude-0"), Rejected),
    (409, error("conflict_error", SECRET), Unavailable),
    (413, error("request_too_large", "Request exceeds the maximum size"), Rejected),
    (429, error("rate_limit_error", SECRET), RateLimited),
    (429, error("rate_limit_error", CAP), QuotaExhausted),
    (429, error("rate_limit_error", "x", details={"error_code": "enforced_spend_limit_reached"}), QuotaExhausted),
    (500, error("api_error", SECRET), Unavailable),
    (504, error("timeout_error", SECRET), Unavailable),
    (529, error("overloaded_error", SECRET), Unavailable),
    (302, b"", Broken),
    *((502, junk, Unavailable) for junk in (b"", b"<html>secret", b"\xff", b"[]", b'{"error":7}', b"[" * 100_000)),
]


@pytest.mark.parametrize(("status", "body", "meaning"), MEANINGS)
def test_meaning(status: int, body: bytes, meaning: type[ProviderError]) -> None:
    told = failure.of_answer(status, {}, body)
    assert type(told) is meaning
    assert "secret" not in str(told)


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (400, BAD, "prompt is too long: 210000 tokens > 200000 maximum", "context_length_exceeded"),
        (400, BAD, "input length and `max_tokens` exceed context limit: 199 + 9 > 200", "context_length_exceeded"),
        (404, "not_found_error", "model: claude-0", "model_not_found"),
        (400, BAD, "max_tokens: must be greater than 0", None),
        (413, "request_too_large", "Request exceeds the maximum size", None),
    ],
)
def test_a_refusal_passes_in_openais_words(status: int, kind: str, message: str, code: str | None) -> None:
    told = failure.of_answer(status, {}, error(kind, message))
    assert (told.status, told.type, told.code, told.message) == (status, "invalid_request_error", code, message)
    assert not told.retryable


def test_how_long_to_wait() -> None:
    told = failure.of_answer(429, {"retry-after": "20"}, error("rate_limit_error", "slow"))
    assert told.retry_after == 20.0


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, Unavailable),
        ({"type": "api_error", "message": "boom"}, Unavailable),
        ({"type": "rate_limit_error", "message": "slow"}, RateLimited),
        ({"type": BAD, "message": "wrong"}, Rejected),
        ({"type": BAD, "message": CREDIT}, QuotaExhausted),
        ({"type": "authentication_error", "message": SECRET}, Unauthorised),
        ({"type": ["odd"]}, Unavailable),
        (None, Unavailable),
        ("boom", Unavailable),
    ],
)
def test_errors_after_a_200(value: object, meaning: type[ProviderError]) -> None:
    assert type(failure.of_event(value)) is meaning
