"""Gemini's refusals in the error tree: a wrong key, an empty account, a limit, a prompt that is too long."""

import pytest

from providers.dialects.gemini import failure
from providers.errors import ProviderError, QuotaExhausted, RateLimited, Rejected, Unauthorised, Unavailable
from tests.doubles.gemini_answers import error

REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", REASON), Unauthorised),
        (403, error(403, "PERMISSION_DENIED", "no"), Unauthorised),
        (429, error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), QuotaExhausted),
        (429, error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."), RateLimited),
        (400, error(400, "INVALID_ARGUMENT", "Unknown name 'x'."), Rejected),
        (503, error(503, "UNAVAILABLE", "The model is overloaded."), Unavailable),
        (500, b"<html>", Unavailable),
        (400, b"", Rejected),
    ],
)
def test_kinds(status: int, body: bytes, kind: type[ProviderError]) -> None:
    assert type(failure.of_answer(status, {}, body)) is kind


def test_how_long_to_wait() -> None:
    told = failure.of_answer(429, {}, error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", RETRY))
    assert told.retry_after == 34.5


def test_a_header_goes_before() -> None:
    told = failure.of_answer(429, {"retry-after": "2"}, error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", RETRY))
    assert told.retry_after == 2


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (
            400,
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "context_length_exceeded",
        ),
        (404, "models/gemini-9 is not found for API version v1beta", "model_not_found"),
    ],
)
def test_words_that_clients_know(status: int, message: str, code: str) -> None:
    told = failure.of_answer(status, {}, error(status, "INVALID_ARGUMENT", message))
    assert (told.code, str(told)) == (code, message)
