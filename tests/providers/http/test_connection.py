"""Leaving closes the socket, a slow reader stops the upstream, and both ends survive it."""

import asyncio
from collections.abc import Callable

import pytest

from providers.endpoint import Endpoint, Timeouts
from providers.errors import Broken, TimedOut, Unavailable, Unreachable
from providers.http.connection import HIGH_WATER, Connection, Stale
from providers.http.pool import Pool
from providers.http.transport import Transport
from providers.words import Call, Sent
from tests.doubles.answers import chat_events, chunked, stream_head
from tests.doubles.upstream import Hang, Pause, Send, Upstream

Connect = Callable[..., Transport]

EVENTS = chat_events(["a"])
PIECE = b"x" * 65536
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"


@pytest.mark.parametrize("sent", [b"", stream_head()[:20]], ids=["before the answer", "in its head"])
async def test_cancelling_an_open_closes_the_socket(
    upstream: Upstream, connect: Connect, asked: Call, sent: bytes
) -> None:
    upstream.script(Send(sent), Hang())
    opening = asyncio.ensure_future(connect(upstream.base_url).open(asked, Sent("m")))
    await upstream.arrived.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await upstream.gone.wait()


async def test_cancelling_a_read_closes_the_socket(upstream: Upstream, connect: Connect, asked: Call) -> None:
    upstream.script(Send(stream_head()), Hang())
    answer = await connect(upstream.base_url).open(asked, Sent("m"))
    reading = asyncio.ensure_future(anext(answer))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await upstream.gone.wait()


async def test_closing_an_answer_closes_the_socket(upstream: Upstream, connect: Connect, asked: Call) -> None:
    upstream.script(Send(stream_head() + chunked(EVENTS[1], last=False)), Hang())
    answer = await connect(upstream.base_url).open(asked, Sent("m"))
    await anext(answer)
    await answer.close()
    await answer.close()
    await upstream.gone.wait()
    with pytest.raises(StopAsyncIteration):
        await anext(answer)


async def test_cancelling_a_refusals_body_closes_the_socket(upstream: Upstream, connect: Connect, asked: Call) -> None:
    upstream.script(Send(b"HTTP/1.1 400 Bad\r\ncontent-length: 9\r\n\r\n"), Hang())
    opening = asyncio.ensure_future(connect(upstream.base_url).open(asked, Sent("m")))
    await upstream.arrived.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await upstream.gone.wait()


async def test_a_slow_reader_stops_the_upstream(upstream: Upstream) -> None:
    """F06: far more than all buffers between the two hold: the upstream can only end when it is read."""
    pieces = 512
    over = asyncio.Event()
    head = Send(stream_head())
    body = [Send(chunked(PIECE, last=False)) for _ in range(pieces)]
    upstream.script(head, *body, Send(chunked()), Pause(over))
    pool = Pool(Endpoint(base_url=upstream.base_url))
    connection = await pool.lend()
    connection.send(REQUEST, Timeouts(idle=0.05))
    await connection.head()
    await upstream.blocked.wait()
    received, largest = 0, 0
    while data := await connection.read():
        received += len(data)
        largest = max(largest, len(data))
        await asyncio.sleep(0)
    assert received == pieces * len(PIECE)
    assert largest <= 2 * HIGH_WATER  # what waits, and the one read that passed the mark
    pool.give_back(connection)
    over.set()
    await pool.aclose()


class Socket(asyncio.Transport):
    """A socket that only remembers whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = True
        self.closed = False
        self.unsent = 0

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: object) -> None:
        """Nobody listens."""

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


async def test_silence_while_we_do_not_read_is_not_the_upstreams() -> None:
    wire, connection = Socket(), Connection()
    connection.connection_made(wire)
    connection.send(REQUEST, Timeouts(idle=0.02))
    connection.data_received(stream_head() + chunked(*[PIECE] * 4, last=False))
    assert wire.reading
    connection.data_received(chunked(b"y", last=False))
    assert not wire.reading
    await asyncio.sleep(0.05)  # more than the idle limit
    assert not wire.closed
    assert len(await connection.read()) == 4 * len(PIECE) + 1
    assert wire.reading
    with pytest.raises(TimedOut) as raised:
        await connection.read()
    assert "next bytes" in raised.value.message
    assert wire.closed


async def test_every_read_begins_the_idle_time_anew() -> None:
    wire, connection = Socket(), Connection()
    connection.connection_made(wire)
    connection.send(REQUEST, Timeouts(idle=0.5))
    connection.data_received(stream_head())
    for _ in range(3):
        connection.data_received(chunked(b"x", last=False))
        await asyncio.sleep(0.3)
    assert await connection.read() == b"xxx"
    assert not wire.closed
    connection.abort()


@pytest.mark.parametrize(("unsent", "kept"), [(0, True), (5, False)])
async def test_an_answer_before_the_request_was_sent_ends_the_connection(unsent: int, kept: bool) -> None:
    wire, connection = Socket(), Connection()
    connection.connection_made(wire)
    connection.send(REQUEST, Timeouts())
    connection.data_received(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
    wire.unsent = unsent
    assert (connection.release(), wire.closed) == (kept, not kept)


@pytest.mark.parametrize("reset", [True, False])
async def test_a_body_without_length_ends_with_a_close_but_not_with_a_reset(reset: bool) -> None:
    connection = Connection()
    connection.connection_made(Socket())
    connection.send(REQUEST, Timeouts())
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nhalf")
    connection.connection_lost(ConnectionResetError() if reset else None)
    assert await connection.read() == b"half"
    if reset:
        with pytest.raises(Broken):
            await connection.read()
    else:
        assert await connection.read() == b""


async def test_the_total_time_runs_while_we_do_not_read() -> None:
    wire, connection = Socket(), Connection()
    connection.connection_made(wire)
    connection.send(REQUEST, Timeouts(total=0.02))
    connection.data_received(stream_head() + chunked(*[PIECE] * 5, last=False))
    await asyncio.sleep(0.05)
    assert wire.closed
    await connection.read()
    with pytest.raises(TimedOut) as raised:
        await connection.read()
    assert "whole answer" in raised.value.message


async def test_an_upstream_that_closes_as_soon_as_it_has_accepted_is_unreachable() -> None:
    """As with TLS 1.3, when the server refuses what it learns from us last."""
    connection = Connection()
    connection.connection_made(Socket())
    connection.connection_lost(None)
    with pytest.raises(Unreachable):
        connection.send(REQUEST, Timeouts())


@pytest.mark.parametrize(("seconds", "failure"), [(10.0, Stale), (0.0, Unavailable)])
async def test_a_kept_connection_that_dies_late_had_the_request_and_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, seconds: float, failure: type[Exception]
) -> None:
    monkeypatch.setattr("providers.http.connection.STALE_SECONDS", seconds)
    connection = Connection()
    connection.connection_made(Socket())
    connection.send(REQUEST, Timeouts())
    connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    assert connection.release()
    connection.send(REQUEST, Timeouts())
    connection.connection_lost(None)
    with pytest.raises(failure):
        await connection.head()


async def test_the_time_limits_of_an_exchange_end_with_it() -> None:
    """Its reader left while much of the answer, now whole, still waited."""
    wire, connection = Socket(), Connection()
    connection.connection_made(wire)
    connection.send(REQUEST, Timeouts(idle=0.02))
    connection.data_received(stream_head() + chunked(*[PIECE] * 5))
    assert connection.release()
    connection.send(REQUEST, Timeouts())
    await asyncio.sleep(0.05)  # more than the first exchange's idle limit
    assert not wire.closed
    connection.abort()
