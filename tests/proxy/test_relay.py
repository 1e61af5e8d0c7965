"""The client's side of an answer: its body, its patience, its leaving."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest
from litestar.types import Scope

from providers.errors import CallerError, TimedOut
from proxy.relay import KEEP_ALIVE, Client, Patience

QUICK = Patience(beat=0.02, body=0.05, stall=0.05, linger=0.02)


class Peer:
    """An ASGI client: says what it is told to, then waits; keeps what it was sent."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.beaten = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()
        for message in messages:
            self.messages.put_nowait(message)

    async def receive(self) -> Any:
        """ASGI's receive."""
        return await self.messages.get()

    async def send(self, message: Any) -> None:
        """ASGI's send: blocks while the peer does not read."""
        await self.reads.wait()
        self.sent.append(message)
        if message.get("body") == KEEP_ALIVE:
            self.beaten.set()

    def client(self, headers: Iterable[tuple[bytes, bytes]] = (), method: str = "POST") -> Client:
        """Our side of it."""
        scope = cast(Scope, {"type": "http", "method": method, "headers": list(headers)})
        return Client(scope, self.receive, self.send, QUICK)


def body(data: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


LEFT = {"type": "http.disconnect"}


async def test_a_body_in_pieces_is_one_body() -> None:
    peer = Peer(body(b"a", more=True), body(b"bc", more=True), body(b""))

    assert await peer.client().body(10) == b"abc"


@pytest.mark.parametrize(
    ("messages", "headers"),
    [
        ([body(b"x" * 11)], []),
        ([body(b"x" * 6, more=True), body(b"x" * 6, more=True)], []),
        ([], [(b"content-length", b"11")]),
    ],
)
async def test_a_body_above_the_limit_is_refused(
    messages: list[dict[str, Any]], headers: list[tuple[bytes, bytes]]
) -> None:
    """F55."""
    with pytest.raises(CallerError) as caught:
        await Peer(*messages).client(headers).body(10)

    assert (caught.value.status, caught.value.code) == (413, "request_too_large")


@pytest.mark.parametrize("begun", [[body(b"x", more=True)], []])
async def test_a_body_that_never_ends_or_never_begins_is_refused(begun: list[dict[str, Any]]) -> None:
    """F59."""
    with pytest.raises(CallerError) as caught:
        await Peer(*begun).client().body(10)

    assert caught.value.status == 408


async def test_a_body_lost_to_an_upgrade_is_told() -> None:
    with pytest.raises(CallerError, match="without `Upgrade`"):
        await Peer(body(b"")).client([(b"upgrade", b"h2c")]).body(10)


async def test_a_head_that_was_not_sent_is_not_taken_for_sent() -> None:
    peer = Peer()
    client = peer.client()
    peer.reads.clear()
    starting = asyncio.create_task(client.start(200, []))
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.wait([starting])
    peer.reads.set()
    await client.refuse(TimedOut("slow"), [])

    assert peer.sent[0]["status"] == 504


async def test_a_client_that_leaves_in_its_body_is_noticed() -> None:
    client = Peer(body(b"x", more=True), LEFT).client()

    with pytest.raises(CallerError):
        await client.body(10)
    assert client.left


async def test_the_story_is_cancelled_when_the_client_leaves() -> None:
    peer = Peer()
    client = peer.client()

    async def story() -> None:
        client.watch()
        peer.messages.put_nowait(LEFT)
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(story())
    assert client.left


async def test_after_unwatch_nothing_is_cancelled() -> None:
    peer = Peer()
    client = peer.client()
    client.watch()
    client.unwatch()
    peer.messages.put_nowait(LEFT)

    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not client.left


async def test_a_quiet_stream_is_kept_alive_after_its_head() -> None:
    peer = Peer()
    client = peer.client()
    await client.start(200, [], streams=True)

    async with asyncio.timeout(10):
        await peer.beaten.wait()
    client.unwatch()

    assert peer.sent[1] == {"type": "http.response.body", "body": b": keep-alive\n\n", "more_body": True}


async def test_a_client_that_reads_nothing_is_given_up() -> None:
    """F04, F06."""
    peer = Peer()
    client = peer.client()

    async def story() -> None:
        client.watch()
        await client.start(200, [], streams=True)
        peer.reads.clear()
        await client.send(b"data", more=True)

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await asyncio.create_task(story())


async def test_errors_are_a_status_before_the_head_and_an_event_after_it() -> None:
    early, late = Peer(), Peer()
    await early.client().refuse(TimedOut("slow"), [(b"x-request-id", b"1")])
    client = late.client()
    await client.start(200, [])
    await client.refuse(TimedOut("slow"), [])

    assert early.sent[0]["status"] == 504
    assert (b"x-request-id", b"1") in early.sent[0]["headers"]
    assert late.sent[1]["body"].startswith(b'data: {"error":')
    assert late.sent[1]["more_body"] is False


async def test_a_head_request_gets_the_length_without_the_body() -> None:
    peer = Peer()

    await peer.client(method="HEAD").answer(200, [], b"1234")

    assert (b"content-length", b"4") in peer.sent[0]["headers"]
    assert peer.sent[1]["body"] == b""
