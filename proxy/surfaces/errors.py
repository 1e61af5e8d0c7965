"""Errors in OpenAI's shape: the body, the headers, and the event that ends a broken stream."""

import math

import msgspec

from providers.errors import HalfpennyError, ProviderError, QuotaExhausted, Unauthorised

Headers = list[tuple[bytes, bytes]]


def body(error: HalfpennyError) -> bytes:
    """`{"error": {"message", "type", "param", "code"}}`, whatever the status."""
    shape = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    return msgspec.json.encode({"error": shape})


def event(error: HalfpennyError) -> bytes:
    """The last event of a stream that broke after its head was sent; no `[DONE]` follows it."""
    return b"data: " + body(error) + b"\n\n"


def headers(error: HalfpennyError) -> Headers:
    """What tells an SDK whether and when to try again."""
    found = [(b"x-should-retry", b"true" if should_retry(error) else b"false")]
    if error.retry_after is not None:
        found.append((b"retry-after", str(max(1, math.ceil(error.retry_after))).encode()))
        found.append((b"retry-after-ms", str(math.ceil(error.retry_after * 1000)).encode()))
    if error.status == 401:
        found.append((b"www-authenticate", b"Bearer"))
    return found


def should_retry(error: HalfpennyError) -> bool:
    """Whether the same request may succeed later without anybody changing anything."""
    if isinstance(error, ProviderError):
        return error.retryable and not isinstance(error, QuotaExhausted | Unauthorised)  # the operator's to mend
    return error.retry_after is not None
