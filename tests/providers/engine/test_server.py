"""The socket server's own duties: what a bad client may cost, and whom."""

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from providers.engine.client import Engine
from providers.engine.engine import Loaded
from providers.engine.frames import (
    Asked,
    Cancel,
    Defaults,
    Done,
    Failed,
    FrameError,
    FrameReader,
    Options,
    Piece,
    Ready,
    Start,
    Stats,
    Told,
    Turn,
    encode,
)
from providers.engine.loop import Job
from providers.engine.server import BACKLOG, Client, Server
from tests.doubles.engines import GREETED, Running, Serve, said, spoken

Pair = tuple[Client, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Client(ours), theirs


def test_what_is_said_in_a_step_is_one_write(pair: Pair) -> None:
    client, theirs = pair
    told: list[Told] = [Piece(1, "a", 1), Piece(2, "b", 1), Stats(2, 0, 1.0, 0.0)]
    client.said += told
    client.flush()
    assert theirs.recv(1 << 16) == encode(told)
    assert not client.waiting


def test_what_a_slow_client_does_not_take_is_kept_in_order(pair: Pair) -> None:
    client, theirs = pair
    pieces = [Piece(number, "x" * 10_000, 1) for number in range(200)]
    for piece in pieces:
        client.said.append(piece)
        client.flush()
    assert client.waiting
    reader: FrameReader[Told] = FrameReader(Told)
    heard: list[Told] = []
    while len(heard) < len(pieces):
        heard += reader.feed(theirs.recv(1 << 20))
        client.flush()
    assert heard == pieces


def test_a_client_that_never_reads_is_dropped(pair: Pair) -> None:
    client, _ = pair
    with pytest.raises(OSError):
        for _ in range(2 * BACKLOG // 100_000):
            client.said.append(Piece(1, "x" * 100_000, 1))
            client.flush()


def test_a_client_reads_what_is_asked_until_it_ends(pair: Pair) -> None:
    client, theirs = pair
    asked: list[Asked] = [Cancel(1), Cancel(2)]
    theirs.sendall(encode(asked))
    assert client.read() == asked
    with pytest.raises(BlockingIOError):
        client.read()
    theirs.sendall(b"\0\0\0\1\xc1")
    with pytest.raises(FrameError):
        client.read()
    theirs.close()
    with pytest.raises(OSError):
        client.read()


class Raw:
    """A client that says what it likes."""

    def __init__(self, running: Running) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(running.socket))
        self._reader: FrameReader[Told] = FrameReader(Told)

    def hear(self) -> list[Told]:
        """What comes with the next read; nothing when we were dropped."""
        data = self.socket.recv(1 << 16)
        return self._reader.feed(data) if data else []


def start(id: int) -> Start:
    return Start(id, "raw", (Turn("user", "hi"),), Options(400, temperature=0))


async def test_it_greets_with_what_it_serves(serve: Serve, greeting: Path) -> None:
    raw = Raw(await serve(greeting, slots=3))
    ready = raw.hear()[0]
    assert isinstance(ready, Ready)
    assert structs.replace(ready, stall=0.0) == Ready(
        "scripted", "llama", 512, 512, 3, True, ("schema", "logprobs", "many"), defaults=Defaults(1024, 0.8)
    )
    assert ready.stall >= 30
    raw.socket.close()


@pytest.mark.parametrize("bad", [b"\xff\xff\xff\xff", b"\0\0\0\1\xc1", encode([start(1), start(1)])])
async def test_a_client_that_talks_nonsense_is_dropped_alone(serve: Serve, greeting: Path, bad: bytes) -> None:
    running = await serve(greeting)
    raw = Raw(running)
    raw.socket.sendall(bad)
    while raw.hear():
        pass
    assert spoken(await said(await running.ask())) == GREETED
    raw.socket.close()


async def test_a_client_that_leaves_frees_its_slots(serve: Serve, counting: Path) -> None:
    running = await serve(counting, slots=1, context=30_000)
    raw = Raw(running)
    raw.socket.sendall(encode([Start(1, "raw", (Turn("user", "hi"),), Options(29_000, temperature=0))]))
    while not any(isinstance(told, Piece) for told in raw.hear()):
        pass
    raw.socket.close()
    assert spoken(await said(await running.ask(max_tokens=1))) == " one"
    stats = running.engine.stats
    assert stats is not None and stats.active == 0


async def test_statistics_come_while_it_works(serve: Serve, counting: Path) -> None:
    raw = Raw(await serve(counting, slots=1, context=30_000))
    raw.socket.sendall(encode([Start(1, "raw", (Turn("user", "hi"),), Options(29_000, temperature=0))]))
    seen: list[Stats] = []
    while not any(stats.active for stats in seen):
        seen += [told for told in raw.hear() if isinstance(told, Stats)]
    raw.socket.sendall(encode([Cancel(1)]))
    while seen[-1].active:
        seen += [told for told in raw.hear() if isinstance(told, Stats)]
    raw.socket.close()


def one(id: int, tenant: str, tokens: int = 3) -> Start:
    return Start(id, tenant, (Turn("user", "hi"),), Options(tokens, temperature=0))


def until(raw: Raw, enough: Callable[[list[Told]], bool]) -> list[Told]:
    """What is said until it is enough."""
    heard: list[Told] = []
    while not enough(heard):
        more = raw.hear()
        assert more, "dropped"
        heard += more
    return heard


async def test_one_greedy_tenant_starves_nobody(serve: Serve, counting: Path) -> None:
    raw = Raw(await serve(counting, slots=1, context=512, queue=64))
    greedy = [one(id, "greedy") for id in range(1, 41)]
    others = [one(100 + number, f"tenant {number}") for number in range(10)]
    raw.socket.sendall(encode([*greedy, *others]))
    heard = until(raw, lambda heard: sum(isinstance(told, Done) for told in heard) == 50)
    order = [told.id for told in heard if isinstance(told, Done)]
    assert max(order.index(start.id) for start in others) <= 12
    assert [id for id in order if id < 100] == list(range(1, 41))
    raw.socket.close()


async def test_who_finds_the_queue_full_is_told_when_to_come_again(serve: Serve, counting: Path) -> None:
    raw = Raw(await serve(counting, slots=1, context=2048, queue=2))
    raw.socket.sendall(encode([one(id, f"tenant {id}", 1500) for id in range(1, 5)]))
    heard = until(raw, lambda heard: any(isinstance(told, Failed) for told in heard))
    (refused,) = (told for told in heard if isinstance(told, Failed))
    assert (refused.id, refused.status, refused.code) == (4, 429, "local_queue_full")
    assert refused.retry_after is not None and 1 <= refused.retry_after <= 60
    raw.socket.close()


async def test_a_queue_that_changes_is_told_at_once(serve: Serve, counting: Path) -> None:
    raw = Raw(await serve(counting, slots=1, context=4096))
    raw.socket.sendall(encode([one(id, f"tenant {id}", 50) for id in (1, 2, 3)]))
    idle = [1, 0]
    heard = until(raw, lambda heard: [told.active for told in heard if isinstance(told, Stats)][-2:] == idle)
    waiting = [told.waiting for told in heard if isinstance(told, Stats)]
    assert [depth for at, depth in enumerate(waiting) if not at or depth != waiting[at - 1]] == [0, 2, 1, 0]
    raw.socket.close()


class Meanwhile:
    """A loaded model in whose next step something happens: it has begun, and nobody listens."""

    def __init__(self, loaded: Loaded[Client]) -> None:
        self.ready, self.submit, self._real = loaded.ready, loaded.submit, loaded.scheduler
        self.happens: Callable[[], None] | None = None
        self.due, self.cancel, self.stats, self.scheduler = 0.0, self._real.cancel, self._real.stats, self

    @property
    def busy(self) -> bool:
        return self._real.busy

    def step(self) -> Sequence[tuple[Job[Client], Told]]:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return self._real.step()


@pytest.mark.parametrize("within", [False, True])
def test_after_a_cancel_at_most_the_running_step_is_taken(tmp_path: Path, counting: Path, within: bool) -> None:
    """One turn is one step. Who waited for the place speaks in the step after the cancel was heard."""
    loaded: Loaded[Client] = Loaded(Engine(model=str(counting), slots=1, context=512), lambda _share: True, None)
    model = Meanwhile(loaded)
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as ours:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        server = Server(listening, model)
        ours.connect(str(tmp_path / "s"))
        reader: FrameReader[Told] = FrameReader(Told)

        def spoke() -> list[int]:
            server.turn()
            return [told.id for told in reader.feed(ours.recv(1 << 16)) if isinstance(told, Piece)]

        spoke()
        ours.sendall(encode([start(1), start(2)]))
        assert [spoke() for _ in range(4)] == [[1]] * 4
        if within:
            model.happens = lambda: ours.sendall(encode([Cancel(1)]))
            assert spoke() == [1]
        else:
            ours.sendall(encode([Cancel(1)]))
        assert [spoke() for _ in range(3)] == [[2]] * 3
        ours.close()
        server.turn()
    loaded.close()
