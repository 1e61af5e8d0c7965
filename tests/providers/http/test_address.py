"""Base URLs are read strictly, and no header leaves its line."""

import pytest

from providers.base import Outgoing
from providers.errors import Unreachable
from providers.http import address
from providers.http.address import Address


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.openai.com/v1", Address("api.openai.com", 443, True, "api.openai.com", "/v1")),
        ("http://127.0.0.1:8080/v1/", Address("127.0.0.1", 8080, False, "127.0.0.1:8080", "/v1")),
        ("http://localhost", Address("localhost", 80, False, "localhost", "")),
        ("http://[::1]:9/v1", Address("::1", 9, False, "[::1]:9", "/v1")),
    ],
)
def test_base_urls(base_url: str, expected: Address) -> None:
    assert address.parse(base_url) == expected


@pytest.mark.parametrize(
    "base_url",
    [
        *("", "api.openai.com/v1", "ftp://h/v1", "http://", "http://h:99999/v1", "http://h:x/v1"),
        *("http://user:key@h/v1", "http://h/v1?key=1", "http://h/v1#a", "http://h/v 1", "http://hé/v1"),
    ],
)
def test_what_is_no_base_url(base_url: str) -> None:
    with pytest.raises(ValueError):
        address.parse(base_url)


def test_the_bytes_of_a_request() -> None:
    request = Outgoing("POST", "/chat/completions", (("x-a", "b"), ("authorization", "Bearer k")), b"{}")
    assert address.encode(address.parse("http://h:1/v1"), request) == (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: h:1\r\ncontent-length: 2\r\naccept-encoding: identity\r\n"
        b"x-a: b\r\nauthorization: Bearer k\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("authorization", f"Bearer sk-secret{bad}") for bad in ("\r\nx: y", "\n", "\r", "\0", "\x7f", "é")),
        *((bad, "v") for bad in ("", "a b", "a:", "a\n", "é", "Host", "content-length", "Transfer-Encoding")),
    ],
)
def test_headers_that_cannot_be_sent(name: str, value: str) -> None:
    with pytest.raises(Unreachable) as raised:
        address.encode(address.parse("http://h"), Outgoing("POST", "/", ((name, value),), b""))
    assert raised.value.code == "upstream_misconfigured"
    assert not raised.value.dispatched
    assert "secret" not in str(raised.value)
