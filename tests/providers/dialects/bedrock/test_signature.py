"""The signature, beside the one that AWS's own signer makes."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from providers.dialects.bedrock.signature import Keys, keys, signed

HOST = "bedrock-runtime.eu-central-1.amazonaws.com"
SECONDS = 10**9


@pytest.mark.parametrize("token", ["", "a-session-token/+="])
@pytest.mark.parametrize(
    "path",
    [
        "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse-stream",
        "/under/a/proxy/model/pl~a.in/converse",
    ],
)
def test_it_is_what_awss_own_signer_writes(path: str, token: str) -> None:
    body = '{"messages":[{"role":"user","content":[{"text":"é"}]}]}'.encode()
    theirs = AWSRequest("POST", f"https://{HOST}{path}", data=body)
    digest = dict(signed(Keys("AKID", "s"), "r", "bedrock", HOST, path, body, 0))["x-amz-content-sha256"]
    theirs.headers["x-amz-content-sha256"] = digest
    SigV4Auth(Credentials("AKIDEXAMPLE", "wJalr/secret", token or None), "bedrock", "eu-central-1").add_auth(theirs)
    told = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    at = int(told.timestamp()) * SECONDS + 123_456_789
    ours = dict(signed(Keys("AKIDEXAMPLE", "wJalr/secret", token), "eu-central-1", "bedrock", HOST, path, body, at))

    assert ours["x-amz-date"] == theirs.headers["X-Amz-Date"]
    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours.get("x-amz-security-token") == theirs.headers.get("X-Amz-Security-Token")


@pytest.mark.parametrize(
    ("credential", "found"),
    [
        ("AKID:secret", Keys("AKID", "secret")),
        ("AKID:secret:token+/=", Keys("AKID", "secret", "token+/=")),
        ("ABSKQmVkcm9jaw==", None),
    ],
)
def test_kinds_of_credential(credential: str, found: Keys | None) -> None:
    assert keys(credential) == found
