"""AWS Signature Version 4 of one request, pure: the time is given.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Struct

ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(Struct, frozen=True):
    """An access key: its id, its secret, and the token of a temporary one."""

    id: str
    secret: str
    token: str = ""


def keys(credential: str) -> Keys | None:
    """`id:secret` or `id:secret:token`; None for a credential that is one word, which is a bearer's."""
    id, colon, rest = credential.partition(":")
    secret, _, token = rest.partition(":")
    return Keys(id, secret, token) if colon else None


def signed(keys: Keys, region: str, service: str, host: str, path: str, body: bytes, at: int) -> list[tuple[str, str]]:
    """Headers that sign a POST of this body to this path, which is encoded once, at this epoch time in nanoseconds."""
    moment = datetime.fromtimestamp(at // 10**9, UTC)
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    names = ";".join(headers)
    canonical = "\n".join(
        ["POST", quote(path, safe="/"), "", *(f"{name}:{value}" for name, value in headers.items()), "", names, digest]
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{keys.secret}".encode()
    for word in scope.split("/"):
        key = _mac(key, word)
    proof = f"{ALGORITHM} Credential={keys.id}/{scope}, SignedHeaders={names}, Signature={_mac(key, text).hex()}"
    del headers["host"]
    return [*headers.items(), ("authorization", proof)]


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
