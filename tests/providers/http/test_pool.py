"""Connections are kept, reused last first, never more than allowed, and replaced when the upstream has closed them."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from providers.base import Outgoing
from providers.endpoint import Endpoint, Timeouts
from providers.errors import TimedOut, Unavailable, Unreachable
from providers.http.connection import Connection
from providers.http.pool import Pool
from providers.http.transport import Transport
from providers.words import Call, Event, Sent
from tests.doubles.answers import chat_body, chat_events, chunked, response, stream_head
from tests.doubles.upstream import Close, Hang, Pause, Reset, Send, Step, Upstream

Connect = Callable[..., Transport]
Ask = Callable[..., Awaitable[list[Event]]]

WHOLE = response(chat_body())


async def test_one_after_the_other_share_a_connection(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    transport = connect(upstream.base_url)
    for stream in (True, False, True):
        await ask(transport, stream=stream)
    upstream.script(Send(response(b"{}", status="500 Oops")))
    with pytest.raises(Unavailable):
        await ask(transport)
    await ask(transport)
    assert upstream.accepted == 1


@pytest.mark.parametrize(
    "answer",
    [
        response(chat_body(), headers="connection: close\r\n"),
        WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        WHOLE + b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{forged!}",
    ],
    ids=["close", "old", "more than asked for"],
)
async def test_a_connection_that_may_not_be_reused(
    upstream: Upstream, connect: Connect, ask: Ask, answer: bytes
) -> None:
    transport = connect(upstream.base_url)
    upstream.script(Send(answer))
    for _ in range(2):
        assert (await ask(transport, stream=False))[0].text == "Paris."
    assert upstream.accepted == 2


async def test_bytes_that_nobody_asked_for_end_an_idle_connection(
    upstream: Upstream, connect: Connect, ask: Ask
) -> None:
    gate = asyncio.Event()
    upstream.script(Send(WHOLE), Pause(gate), Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{forged!}"), Hang())
    transport = connect(upstream.base_url)
    await ask(transport, stream=False)
    gate.set()
    await upstream.gone.wait()
    assert (await ask(transport, stream=False))[0].text == "Paris."


@pytest.mark.parametrize("end", [Close(), Reset()])
@pytest.mark.parametrize("after_request", [True, False], ids=["after the request", "while idle"])
async def test_a_stale_connection_is_replaced(
    upstream: Upstream, connect: Connect, ask: Ask, end: Step, after_request: bool
) -> None:
    transport = connect(upstream.base_url)
    if after_request:
        upstream.script(Send(WHOLE))
        upstream.script(end)
    else:
        upstream.script(Send(WHOLE), end)
    for _ in range(2):
        assert (await ask(transport, stream=False))[0].text == "Paris."
    assert upstream.accepted == 2
    assert len(upstream.requests) == (3 if after_request else 2)


async def test_a_request_is_sent_again_only_once(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    transport = connect(upstream.base_url)
    for steps in ((Send(WHOLE),), (Close(),), (Close(),)):
        upstream.script(*steps)
    await ask(transport, stream=False)
    with pytest.raises(Unavailable):
        await ask(transport, stream=False)
    assert len(upstream.requests) == 3


async def test_nothing_is_sent_again_after_a_byte_of_the_answer(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    transport = connect(upstream.base_url)
    for steps in ((Send(WHOLE),), (Send(b"H"), Close())):
        upstream.script(*steps)
    await ask(transport, stream=False)
    with pytest.raises(Unavailable):
        await ask(transport, stream=False)
    assert len(upstream.requests) == 2


async def test_never_more_connections_than_allowed(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    gate = asyncio.Event()
    upstream.respond = lambda request: (Pause(gate), Send(WHOLE))
    transport = connect(upstream.base_url, connections=3)
    asking = [asyncio.ensure_future(ask(transport, stream=False)) for _ in range(20)]
    while len(upstream.requests) < 3:
        upstream.arrived.clear()
        await upstream.arrived.wait()
    gate.set()
    assert [events[0].text for events in await asyncio.gather(*asking)] == ["Paris."] * 20
    assert upstream.accepted == 3


async def test_a_wait_for_a_connection_is_bounded(upstream: Upstream, connect: Connect, asked: Call) -> None:
    upstream.respond = lambda request: (Send(stream_head()), Hang())
    transport = connect(upstream.base_url, connections=1, connect=0.3)
    held = await transport.open(asked, Sent("m"))
    with pytest.raises(TimedOut) as raised:
        await transport.open(asked, Sent("m"))
    assert not raised.value.dispatched
    await held.close()
    again = await transport.open(asked, Sent("m"))
    await again.close()


async def test_a_cancelled_wait_takes_no_connection(
    upstream: Upstream, connect: Connect, asked: Call, ask: Ask
) -> None:
    gate = asyncio.Event()
    upstream.script(Pause(gate), Send(stream_head() + chunked(*chat_events(["a"]))))
    transport = connect(upstream.base_url, connections=1)
    first = asyncio.ensure_future(ask(transport))
    await upstream.arrived.wait()
    waiting = asyncio.ensure_future(transport.open(asked, Sent("m")))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    await first
    await ask(transport)
    assert (upstream.accepted, len(upstream.requests)) == (1, 2)


async def test_the_last_used_is_taken_first_and_the_old_expire(upstream: Upstream) -> None:
    now = [100.0]
    pool = Pool(Endpoint(base_url=upstream.base_url), keep=30.0, clock=lambda: now[0])
    first, second = await pool.lend(), await pool.lend()
    for connection, at in ((first, 100.0), (second, 120.0)):
        now[0] = at
        await exchange(pool, connection)
    assert await pool.lend() is second
    await exchange(pool, second)
    now[0] = 140.0
    assert await pool.lend() is second
    third = await pool.lend()
    assert third not in (first, second)
    now[0] = 200.0
    await exchange(pool, second)
    now[0] = 230.0
    assert await pool.lend() not in (first, second, third)
    await pool.aclose()


async def exchange(pool: Pool, connection: Connection) -> None:
    """One whole exchange over a lent connection, which is then given back."""
    body = b'{"model":"m"}'
    connection.send(pool.encode(Outgoing("POST", "/chat/completions", (), body)), Timeouts())
    await connection.head()
    while await connection.read():
        pass
    pool.give_back(connection)


async def test_a_fresh_one_takes_the_place_of_an_idle_one(upstream: Upstream) -> None:
    pool = Pool(Endpoint(base_url=upstream.base_url, connections=1), keep=1e6)
    upstream.script(Send(WHOLE), Hang())
    idle = await pool.lend()
    await exchange(pool, idle)
    assert await pool.lend(fresh=True) is not idle
    await upstream.gone.wait()
    await pool.aclose()


async def test_idle_connections_close_by_themselves(upstream: Upstream) -> None:
    pool = Pool(Endpoint(base_url=upstream.base_url), keep=0.02)
    upstream.script(Send(WHOLE), Hang())
    await exchange(pool, await pool.lend())
    await upstream.gone.wait()
    await pool.aclose()


async def test_closing_the_pool_closes_everything(upstream: Upstream, connect: Connect, asked: Call) -> None:
    upstream.respond = lambda request: (Send(stream_head()), Hang())
    transport = connect(upstream.base_url)
    await transport.open(asked, Sent("m"))
    await transport.aclose()
    await upstream.gone.wait()
    await transport.aclose()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A throw-away certificate and its key, in one file."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl command to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    key, made, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=halfpenny", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", *curve, "-keyout", str(key), "-out", str(made), "-days", "2", *names]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(made.read_bytes() + key.read_bytes())
    return both


async def test_tls(certificate: Path, connect: Connect, ask: Ask) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    async with Upstream(tls=served) as upstream:
        transport = connect(upstream.base_url, tls=ssl.create_default_context(cafile=certificate))
        for _ in range(2):
            assert "".join(event.text for event in await ask(transport)) == "Paris."
        assert upstream.accepted == 1
        with pytest.raises(Unreachable):  # a certificate that the system does not know
            await ask(connect(upstream.base_url))
        with pytest.raises(Unreachable):  # a name that the certificate does not have
            other = upstream.base_url.replace("127.0.0.1", "localhost")
            await ask(connect(other, tls=ssl.create_default_context(cafile=certificate)))


async def test_a_handshake_that_never_ends(connect: Connect, ask: Ask) -> None:
    """F12."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(TimedOut) as raised:
            await ask(connect(f"https://127.0.0.1:{silent.getsockname()[1]}/v1", connect=0.05))
    assert not raised.value.dispatched
