"""What clients send to hurt, over real sockets: refused by name, read no further than allowed, copied nowhere."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.doubles.eventually import eventually
from tests.doubles.house import House
from tests.doubles.upstream import Upstream

HELLO = [{"role": "user", "content": "hi"}]
MEGABYTE = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"


def ask(**fields: Any) -> dict[str, Any]:
    return {"model": "paid", "messages": HELLO, **fields}


async def answer_to(home: House, headers: bytes, pieces: list[bytes]) -> bytes:
    """All that comes back, until the connection closes, to a body that is sent in pieces."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    answer = b""
    try:
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n" + headers + b"\r\n")
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            with suppress(ConnectionError):
                while data := await reader.read(1 << 16):
                    answer += data
    finally:
        writer.transport.abort()
    return answer


@pytest.mark.parametrize(
    ("length", "pieces"),
    [(b"transfer-encoding: chunked\r\n", [MEGABYTE] * 12), (b"content-length: 99999999999\r\n", [b"x" * 1000])],
    ids=["chunked, without a length", "a length that is too large"],
)
async def test_f55_a_body_is_read_no_further_than_its_limit(home: House, length: bytes, pieces: list[bytes]) -> None:
    key = b"authorization: Bearer %b\r\n" % home.key.encode()

    answer = await answer_to(home, key + length, pieces)

    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"code":"request_too_large"' in answer
    assert b"connection: close" in answer
    assert home.rows() == []


async def test_f55_who_has_no_key_is_refused_before_its_body(home: House) -> None:
    answer = await answer_to(home, b"authorization: Bearer no\r\nconnection: close\r\ncontent-length: 5000000\r\n", [])

    assert answer.startswith(b"HTTP/1.1 401")


async def test_f57_of_two_fields_the_last_is_read_held_and_sent(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    body = b'{"model":"no","max_tokens":9,"model":"paid","messages":[{"role":"user","content":"hi"}],"max_tokens":2}'

    assert (await client.post("/chat/completions", content=body)).status_code == 200

    sent = upstream.requests[0].body
    assert (sent.count(b'"max_tokens"'), sent.count(b'"model"')) == (1, 1)
    assert json.loads(sent)["max_tokens"] == 2
    assert home.rows()[0]["amount"] == len(body) * 2_500 + 2 * 10_000


@pytest.mark.parametrize("value", [-5, 0, 10**22, 1.5, True, "5"])
async def test_f58_a_cap_that_is_none_is_refused_by_name(client: httpx.AsyncClient, value: Any) -> None:
    answer = await client.post("/chat/completions", content=json.dumps(ask(max_tokens=value)))

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "max_tokens")


HOSTILE = "a\r\nx-evil: 1\x00\x1b[31m"


async def test_f62_f63_control_characters_reach_no_header_and_no_line(
    client: httpx.AsyncClient, upstream: Upstream, home: House
) -> None:
    refused = await client.post("/chat/completions", json=ask(model=HOSTILE))
    passed = await client.post("/chat/completions", json=ask(metadata={"x": HOSTILE}, user=HOSTILE))

    assert (refused.status_code, passed.status_code) == (404, 200)
    for answer in (refused, passed):
        assert "x-evil" not in answer.headers
        assert all(value.isprintable() for value in answer.headers.values())
    assert "x-evil" not in upstream.requests[0].headers
    assert all(value.isprintable() for value in upstream.requests[0].headers.values())
    lines = await eventually(lambda: found if len(found := home.log.read_bytes().splitlines()) == 2 else [])
    assert [json.loads(line)["asked"] for line in lines] == [HOSTILE, "paid"]
    assert not any(byte < 32 for line in lines for byte in line)


async def test_f62_a_request_id_of_the_clients_is_not_ours(client: httpx.AsyncClient) -> None:
    answer = await client.post("/chat/completions", json=ask(), headers={"x-request-id": "mine"})

    assert answer.headers["x-request-id"] != "mine"


async def test_f10_choices_multiply_what_is_reserved(client: httpx.AsyncClient, home: House) -> None:
    body = json.dumps(ask(n=7, max_tokens=10))

    assert (await client.post("/chat/completions", content=body)).status_code == 200
    answer = await client.post("/chat/completions", json=ask(n=129))

    assert home.rows()[0]["amount"] == len(body) * 2_500 + 7 * 10 * 10_000
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "n")


async def test_f11_head_and_options_are_told_in_openais_shape(client: httpx.AsyncClient) -> None:
    options = await client.options("/chat/completions")
    head = await client.head("/chat/completions")

    assert (options.status_code, head.status_code) == (405, 405)
    assert set(options.json()["error"]) == {"message", "type", "param", "code"}
