"""Errors in OpenAI's shape."""

import json

import pytest

from providers.errors import CallerError, HalfpennyError, RateLimited, Rejected, TimedOut
from proxy.surfaces import errors


def test_the_body_has_openais_four_fields() -> None:
    error = CallerError("No.", status=404, code="model_not_found", param="model")

    shape = {"message": "No.", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
    assert json.loads(errors.body(error)) == {"error": shape}


def test_the_event_is_one_sse_event() -> None:
    data = errors.event(TimedOut("Too slow."))

    assert data.startswith(b'data: {"error":{"message":"Too slow."')
    assert data.endswith(b"}}\n\n")


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (CallerError("bad"), b"false"),
        (CallerError("wait", status=429, retry_after=1), b"true"),
        (CallerError("spent", status=429), b"false"),
        (TimedOut("slow"), b"true"),
        (Rejected("no"), b"false"),
        (HalfpennyError("bug"), b"false"),
    ],
)
def test_an_sdk_learns_whether_to_try_again(error: HalfpennyError, retry: bytes) -> None:
    assert dict(errors.headers(error))[b"x-should-retry"] == retry


def test_waiting_times_are_whole_seconds_rounded_up() -> None:
    assert dict(errors.headers(RateLimited("wait", retry_after=0.2)))[b"retry-after"] == b"1"
    assert dict(errors.headers(RateLimited("wait", retry_after=2.1)))[b"retry-after"] == b"3"
