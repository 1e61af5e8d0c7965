"""What statuses, headers and bodies of refusals mean, and what of their text a client may see."""

import json
from typing import Any

import pytest

from providers.dialects.openai import failure
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
from tests.doubles.answers import error_body

SECRET = "Incorrect API key provided: sk-secret"

MEANINGS: list[tuple[int, bytes, type[ProviderError]]] = [
    (301, b"", Broken),
    (302, b"", Broken),
    (204, b"", Broken),
    (400, error_body("no"), Rejected),
    (401, error_body(SECRET), Unauthorised),
    (402, error_body(SECRET), QuotaExhausted),
    (403, error_body(SECRET), Unauthorised),
    (404, b"<html>nginx</html>", Rejected),
    (408, b"", TimedOut),
    (409, b"", Unavailable),
    (413, b"", Rejected),
    (422, b'{"detail":"wrong"}', Rejected),
    (429, error_body(SECRET), RateLimited),
    (429, error_body(SECRET, code="insufficient_quota"), QuotaExhausted),
    (429, error_body(SECRET, type="insufficient_quota"), QuotaExhausted),
    (429, error_body(SECRET, code="enforced_spend_limit_reached"), QuotaExhausted),
    (500, error_body(SECRET), Unavailable),
    (503, b"\xff\xfe", Unavailable),
    (529, b"", Unavailable),
]


@pytest.mark.parametrize(("status", "body", "meaning"), MEANINGS)
def test_meaning(status: int, body: bytes, meaning: type[ProviderError]) -> None:
    """F15, F17, F27."""
    error = failure.of_answer(status, {}, body)
    assert type(error) is meaning
    assert "secret" not in str(error) and "html" not in str(error)


def test_a_refusal_passes_their_words_through() -> None:
    body = error_body("too long", type="invalid_request_error", code="context_length_exceeded", param="messages")
    error = failure.of_answer(400, {}, body)
    assert (error.status, error.message, error.type, error.code, error.param) == (
        400,
        "too long",
        "invalid_request_error",
        "context_length_exceeded",
        "messages",
    )
    assert not error.retryable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":"model not found"}', "model not found"),  # Ollama
        (b'{"object":"error","message":"no","code":400}', "no"),  # vLLM
        (b'[{"error":{"message":"no","status":"INVALID_ARGUMENT","code":400}}]', "no"),  # Gemini
        (b'{"detail":"no"}', "no"),  # FastAPI
        (b'{"detail":[{"loc":["body"]}]}', "The upstream refused the request with status 400."),
        (b'{"error":null}', "The upstream refused the request with status 400."),
        (b"[]", "The upstream refused the request with status 400."),
        (b"[" * 100_000, "The upstream refused the request with status 400."),
        (b"1" * 100, "The upstream refused the request with status 400."),
        (json.dumps({"error": {"message": "x" * 5000}}).encode(), "x" * 2000),
    ],
)
def test_every_shape_of_body_is_survived(body: bytes, message: str) -> None:
    assert failure.of_answer(400, {}, body).message == message


@pytest.mark.parametrize("word", ["a\r\nb", "", "x" * 129, 7, None, "é", ["a"]])
def test_words_unfit_for_a_header_are_dropped(word: Any) -> None:
    error = failure.of_answer(400, {}, error_body("no", type=word, code=word, param=word))
    assert (error.type, error.code, error.param) == (Rejected.type, Rejected.code, None)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        *(({"retry-after": bad}, None) for bad in ("-1", "nan", "inf", "soon", "1e999")),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert failure.of_answer(429, headers, b"").retry_after == seconds
    assert failure.of_answer(503, headers, b"").retry_after == seconds


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ({"message": "boom", "type": "server_error"}, Unavailable),
        ({"message": "boom"}, Unavailable),
        ("boom", Unavailable),
        ({"message": "busy", "code": 429}, RateLimited),
        ({"message": "busy", "code": "429"}, RateLimited),
        ({"message": "busy", "type": "rate_limit_error"}, RateLimited),
        ({"message": "empty", "code": "insufficient_quota", "type": "insufficient_quota"}, QuotaExhausted),
        ({"message": "long", "code": "context_length_exceeded"}, Rejected),
        ({"message": "wrong", "type": "invalid_request_error"}, Rejected),
        ({"message": SECRET, "code": "invalid_api_key"}, Unauthorised),
        ({"message": "down", "code": 502}, Unavailable),
        ({"message": "odd", "code": 200}, Unavailable),
    ],
)
def test_error_objects_after_a_200(error: Any, meaning: type[ProviderError]) -> None:
    assert type(failure.of_event(error)) is meaning
