"""Where to connect and what to write there: a base URL into host, port and prefix; a request into bytes."""

import re
from urllib.parse import urlsplit

from msgspec import Struct

from providers.base import Outgoing
from providers.errors import Unreachable

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e]*")
"""RFC 9110 section 5.5 without its obsolete bytes: a line break here would start a header of its own."""
OURS = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})


class Address(Struct, frozen=True):
    """An upstream's place; `authority` is the Host header, `prefix` the base URL's path without its last slash."""

    host: str
    port: int
    tls: bool
    authority: str
    prefix: str


def parse(base_url: str) -> Address:
    """Read a base URL. Raises ValueError, in words for the operator, when it is no http(s) URL of that kind."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"base_url {base_url!r} is no http:// or https:// URL")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("base_url must have no user, query or fragment: a credential has a field of its own")
    if not VALUE.fullmatch(base_url) or " " in base_url:
        raise ValueError("base_url has characters that no URL may have")
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    return Address(parts.hostname, port, tls, parts.netloc, parts.path.rstrip("/"))


def encode(address: Address, request: Outgoing) -> bytes:
    """The whole request as bytes. Raises Unreachable for a header that would not stay in its line."""
    lines = [
        f"{request.method} {address.prefix}{request.path} HTTP/1.1",
        f"host: {address.authority}",
        f"content-length: {len(request.body)}",
        "accept-encoding: identity",
    ]
    for name, value in request.headers:
        if not NAME.fullmatch(name) or not VALUE.fullmatch(value) or name.lower() in OURS:
            raise Unreachable(f"The configured header {name!r} cannot be sent.", code="upstream_misconfigured")
        lines.append(f"{name}: {value}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + request.body
