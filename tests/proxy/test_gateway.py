"""What a client reads when its request is wrong: OpenAI's shape, whatever the fault, and no money is touched."""

import json

import httpx
import pytest

from tests.doubles.house import House

OK = {"model": "paid", "messages": [{"role": "user", "content": "hi"}]}
DEEP = b'{"model":"paid","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def sent(**fields: object) -> bytes:
    return json.dumps({**OK, **fields}).encode()


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (b"{", 400, "invalid_json", None),
        (b"", 400, "invalid_json", None),
        (b"\xff\xfe{}", 400, "invalid_json", None),
        (DEEP, 400, "invalid_json", None),
        (sent(temperature=float("nan")), 400, "invalid_json", None),
        (sent(max_tokens=-5), 400, "invalid_value", "max_tokens"),
        (sent(max_tokens=10**22), 400, "invalid_value", "max_tokens"),
        (sent(model="no-such-model"), 404, "model_not_found", "model"),
        (sent(messages=[]), 400, "invalid_value", "messages"),
        (b"x" * (10 * 1024 * 1024 + 1), 413, "request_too_large", None),
    ],
)
async def test_wrong_bodies(
    client: httpx.AsyncClient, home: House, body: bytes, status: int, code: str, param: str | None
) -> None:
    """F55, F56, F58."""
    answer = await client.post("/chat/completions", content=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert set(error) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"]
    assert answer.headers["x-should-retry"] == "false"
    assert home.rows() == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer sk-hp-wrong"}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer"}],
)
async def test_who_has_no_key_gets_401(home: House, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=home.url) as stranger:
        answer = await stranger.post("/chat/completions", json=OK, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["x-api-key", "api-key"])
async def test_other_clients_key_headers_are_known(home: House, header: str) -> None:
    async with httpx.AsyncClient(base_url=home.url) as stranger:
        answer = await stranger.post("/chat/completions", json=OK, headers={header: home.key})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/chat/completions", 405),
        ("DELETE", "/chat/completions", 405),
        ("POST", "/models", 405),
        ("GET", "/nothing/here", 404),
        ("POST", "/nothing", 404),
        ("GET", "/models/no-such-model", 404),
    ],
)
async def test_wrong_methods_and_paths(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    """F11."""
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"]


async def test_two_models_in_one_body_are_one_model(client: httpx.AsyncClient, home: House) -> None:
    """F57."""
    body = b'{"model":"no-such-model","model":"paid","messages":[{"role":"user","content":"hi"}]}'

    answer = await client.post("/chat/completions", content=body)

    assert answer.status_code == 200
    assert home.rows()[0]["model"] == "paid"
