"""Errors in Anthropic's shape: the body, and the event that ends a broken stream.

Source: https://platform.claude.com/docs/en/api/errors. `code` and `param` stand beside their `type` and `message`.
"""

import re
from collections.abc import Mapping

import msgspec

from providers.errors import HalfpennyError

TYPES: Mapping[int, str] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
OURS: Mapping[str, str] = {
    "stop": "stop_sequences",
    "user": "metadata",
    "response_format": "output_config",
    "reasoning_effort": "thinking",
    "parallel_tool_calls": "tool_choice",
    "max_completion_tokens": "max_tokens",
}
"""Chat's names, which every provider refuses by, as this API calls them."""
INNER = re.compile(r"messages\[.*")
"""A place in the conversation as we pass it on, which is not the client's."""


def body(error: HalfpennyError) -> bytes:
    """`{"type": "error", "error": {"type", "message", "code", "param"}}`, whatever the status."""
    message, param = error.message, error.param
    if param is not None and param in OURS:
        message, param = message.replace(f"'{param}'", f"'{OURS[param]}'"), OURS[param]
    elif param is not None:
        param = INNER.sub("messages", param)
    shape = {"type": kind(error.status), "message": message, "code": error.code, "param": param}
    return msgspec.json.encode({"type": "error", "error": shape})


def event(error: HalfpennyError) -> bytes:
    """The last event of a stream that broke after its head was sent; no `message_stop` follows it."""
    return b"event: error\ndata: " + body(error) + b"\n\n"


def kind(status: int) -> str:
    """Anthropic's word for an error's status."""
    return TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
