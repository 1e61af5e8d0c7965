"""Errors in Anthropic's shape."""

import json

import pytest

from providers.errors import CallerError, TimedOut
from proxy.surfaces.messages import errors


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_a_status_has_its_type(status: int, kind: str) -> None:
    error = CallerError("Why.", status=status, param="max_tokens", code="invalid_value")

    shape = {"type": kind, "message": "Why.", "code": "invalid_value", "param": "max_tokens"}
    assert json.loads(errors.body(error)) == {"type": "error", "error": shape}


@pytest.mark.parametrize(
    ("inner", "ours"),
    [
        ("stop", "stop_sequences"),
        ("reasoning_effort", "thinking"),
        ("response_format", "output_config"),
        ("parallel_tool_calls", "tool_choice"),
        ("messages[3].content[0]", "messages"),
        ("messages.3.content.0", "messages.3.content.0"),
        ("top_k", "top_k"),
    ],
)
def test_a_parameter_has_the_clients_name(inner: str, ours: str) -> None:
    told = json.loads(errors.body(CallerError(f"'{inner}' cannot be asked.", param=inner)))["error"]

    assert told["param"] == ours
    if "[" not in inner:
        assert told["message"] == f"'{ours}' cannot be asked."


def test_the_last_event_of_a_broken_stream() -> None:
    data = errors.event(TimedOut("Too slow."))

    assert data.startswith(b"event: error\ndata: ")
    assert data.endswith(b"\n\n")
    assert json.loads(data.splitlines()[1][6:])["error"]["type"] == "timeout_error"
