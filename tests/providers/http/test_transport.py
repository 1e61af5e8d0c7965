"""The client against raw sockets: answers whole and cut, refusals, pages, and upstreams that vanish."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from providers.errors import Broken, ProviderError, RateLimited, Rejected, TimedOut, Unavailable, Unreachable
from providers.http.transport import LARGEST_FAILURE, Transport
from providers.words import Call, Event, Sent, Usage
from tests.doubles.answers import DONE, chat_body, chat_events, chunked, error_body, response, stream_head
from tests.doubles.upstream import Close, Hang, Pause, Reset, Send, Step, Upstream, chat_stream, refusal

Connect = Callable[..., Transport]
Ask = Callable[..., Awaitable[list[Event]]]

EVENTS = chat_events(["Pa", "ris é."])
STREAM = stream_head() + chunked(*EVENTS)


async def test_a_stream(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    upstream.script(*chat_stream(["Pa", "ris é."]))
    events = await ask(connect(upstream.base_url))
    assert [event.wire for event in events] == EVENTS[:-1]
    assert events[-1].usage == Usage(9, 2)
    (request,) = upstream.requests
    assert (request.method, request.path, request.json()["model"]) == ("POST", "/v1/chat/completions", "m")


async def test_a_whole_answer_and_an_embedding(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    transport = connect(upstream.base_url)
    upstream.script(Send(response(chat_body("Paris."))))
    (event,) = await ask(transport, stream=False)
    assert (event.wire, event.text) == (chat_body("Paris."), "Paris.")
    (event,) = await ask(transport, stream=False, task="embeddings")
    assert event.usage == Usage(4, 0)


async def test_a_stream_cut_at_every_position(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    """F18, F23."""
    transport = connect(upstream.base_url)
    for position in range(1, len(STREAM), 7):
        gate = asyncio.Event()
        upstream.script(Send(STREAM[:position]), Pause(gate), Send(STREAM[position:]))
        asking = asyncio.ensure_future(ask(transport))
        asyncio.get_running_loop().call_later(0.001, gate.set)
        assert [event.wire for event in await asking] == EVENTS[:-1]
    assert upstream.accepted == 1


async def test_events_come_when_they_are_sent(upstream: Upstream, connect: Connect, asked: Call) -> None:
    gate = asyncio.Event()
    upstream.script(Send(stream_head() + chunked(EVENTS[1], last=False)), Pause(gate), Send(chunked(*EVENTS[2:])))
    answer = await connect(upstream.base_url).open(asked, Sent("m"))
    assert [event.text for event in await anext(aiter(answer))] == ["Pa"]
    gate.set()
    assert [event.text async for events in answer for event in events] == ["ris é.", "", ""]


async def test_the_surface_is_the_calls(upstream: Upstream, connect: Connect, asked: Call) -> None:
    answer = await connect(upstream.base_url).open(asked, Sent("m"))
    assert answer.surface == "chat"
    await answer.close()


@pytest.mark.parametrize(
    ("steps", "meaning", "code"),
    [
        (refusal("400 Bad", error_body("no", code="context_length_exceeded")), Rejected, "context_length_exceeded"),
        (refusal("429 Busy", b"", headers="retry-after: 7\r\n"), RateLimited, "rate_limit_exceeded"),
        (refusal("500 Oops", b"<html>"), Unavailable, "upstream_unavailable"),
        (refusal("302 Found", b"", headers="location: http://127.0.0.1:1/\r\n"), Broken, "upstream_malformed"),
        ((Send(b"HTTP/1.1 503 Down\r\ncontent-length: 9\r\n\r\nab"), Close()), Unavailable, "upstream_unavailable"),
        ((Send(response(b"<p>", kind="text/html")),), Broken, "upstream_malformed"),
        ((Send(response(b"", kind="text/plain")),), Broken, "upstream_disconnected"),
        ((Send(response(b"\x1f", headers="content-encoding: gzip\r\n")),), Broken, "upstream_malformed"),
        ((Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n"),), Broken, "upstream_malformed"),
        ((Send(b"SSH-2.0-OpenSSH\r\n"),), Broken, "upstream_malformed"),
        ((Send(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000),), Broken, "upstream_malformed"),
        ((Close(),), Unavailable, "upstream_unavailable"),
        ((Reset(),), Unavailable, "upstream_unavailable"),
        ((Send(b"HTTP/1.1 200 OK\r\n"), Close()), Unavailable, "upstream_unavailable"),
        ((Send(stream_head() + chunked(*EVENTS[:2], last=False)), Close()), Broken, "upstream_disconnected"),
        ((Send(stream_head() + chunked(*EVENTS[:2], last=False) + b"zz\r\n"),), Broken, "upstream_malformed"),
        ((Send(stream_head() + chunked(*EVENTS[:2])),), Broken, "upstream_disconnected"),
        ((Send(stream_head() + chunked(b"data: {\n\n")),), Broken, "upstream_malformed"),
        ((Send(stream_head() + chunked(b"data: " + error_body("x") + b"\n\n")),), Rejected, None),
    ],
)
async def test_what_goes_wrong(
    upstream: Upstream,
    connect: Connect,
    ask: Ask,
    steps: tuple[Step, ...],
    meaning: type[ProviderError],
    code: str | None,
) -> None:
    """F14, F16, F17, F18, F24, F25, F27."""
    upstream.script(*steps)
    with pytest.raises(ProviderError) as raised:
        await ask(connect(upstream.base_url))
    assert (type(raised.value), raised.value.code) == (meaning, code)


async def test_a_reset_in_the_middle(upstream: Upstream, connect: Connect, asked: Call) -> None:
    gate = asyncio.Event()
    upstream.script(Send(stream_head() + chunked(*EVENTS[:2], last=False)), Pause(gate), Reset())
    answer = await connect(upstream.base_url).open(asked, Sent("m"))
    assert [event.text for event in await anext(answer)] == ["", "Pa"]
    gate.set()
    with pytest.raises(Broken) as raised:
        await anext(answer)
    assert raised.value.code == "upstream_disconnected"
    await answer.close()


async def test_an_error_behind_good_events_is_not_waited_for(upstream: Upstream, connect: Connect, asked: Call) -> None:
    failed = b"data: " + error_body("busy", type="rate_limit_error") + b"\n\n"
    upstream.script(Send(stream_head() + chunked(EVENTS[1], failed, last=False)), Hang())
    answer = await connect(upstream.base_url, idle=5.0).open(asked, Sent("m"))
    assert [event.text for event in await anext(answer)] == ["Pa"]
    with pytest.raises(RateLimited):
        await anext(answer)
    await upstream.gone.wait()


async def test_a_whole_answer_cut_short(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    upstream.script(Send(response(chat_body())[:-5]), Close())
    with pytest.raises(Broken) as raised:
        await ask(connect(upstream.base_url), stream=False)
    assert raised.value.code == "upstream_disconnected"


@pytest.mark.parametrize("end", [Close(), Reset(), Hang()])
@pytest.mark.parametrize("events", [EVENTS, EVENTS[:-1], EVENTS[:-2]], ids=["done", "usage", "finish"])
async def test_a_finished_answer_needs_no_proper_end(
    upstream: Upstream, connect: Connect, ask: Ask, events: list[bytes], end: Step
) -> None:
    gate = asyncio.Event()
    upstream.script(Send(stream_head() + chunked(*events, last=False)), Pause(gate), end)
    asking = asyncio.ensure_future(ask(connect(upstream.base_url, idle=0.1)))
    await upstream.arrived.wait()
    gate.set()
    assert [event.wire for event in await asking] == [event for event in events if event != DONE]


async def test_a_body_that_ends_with_the_connection(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    upstream.script(Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + b"".join(EVENTS)), Close())
    assert len(await ask(connect(upstream.base_url))) == len(EVENTS) - 1


async def test_a_large_event_passes(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    upstream.script(*chat_stream(["x" * 1_000_000]))
    assert "".join(event.text for event in await ask(connect(upstream.base_url))) == "x" * 1_000_000


async def test_an_endless_refusal_is_read_no_further_than_its_beginning(
    upstream: Upstream, connect: Connect, ask: Ask
) -> None:
    """F25."""
    upstream.script(Send(b"HTTP/1.1 500 Oops\r\n\r\n" + b"x" * LARGEST_FAILURE * 2), Hang())
    with pytest.raises(Unavailable):
        await ask(connect(upstream.base_url))
    await upstream.gone.wait()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_nobody_listens(connect: Connect, ask: Ask, scheme: str) -> None:
    """F12."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable) as raised:
            await ask(connect(f"{scheme}://127.0.0.1:{bound.getsockname()[1]}/v1"))
    assert not raised.value.dispatched


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".invalid"])
async def test_no_such_host(connect: Connect, ask: Ask, host: str) -> None:
    """F12."""
    with pytest.raises(Unreachable):
        await ask(connect(f"http://{host}/v1"))


@pytest.mark.parametrize(
    ("limits", "sent", "waited"),
    [
        ({"first_byte": 0.05}, b"", "the first byte"),
        ({"first_byte": 0.05}, stream_head(), "the first byte"),
        ({"idle": 0.05}, stream_head() + chunked(EVENTS[1], last=False), "the next bytes"),
        ({"total": 0.05}, stream_head() + chunked(EVENTS[1], last=False), "the whole answer"),
    ],
)
async def test_time_runs_out(
    upstream: Upstream, connect: Connect, ask: Ask, limits: dict[str, float], sent: bytes, waited: str
) -> None:
    """F13, F26."""
    upstream.script(Send(sent), Hang())
    with pytest.raises(TimedOut) as raised:
        await ask(connect(upstream.base_url, **limits))
    assert waited in raised.value.message and raised.value.dispatched
    assert (raised.value.status, raised.value.code) == (504, "upstream_timeout")
    await upstream.gone.wait()
