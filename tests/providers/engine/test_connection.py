"""The client against an engine that misbehaves: a scripted one on a real unix socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest

from providers.engine.connection import BUFFER, Connection
from providers.engine.frames import (
    Asked,
    Cancel,
    Failed,
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
from providers.errors import Broken, CallerError, HalfpennyError, Unavailable
from tests.doubles.engines import said, spoken

READY = Ready("scripted", "llama", 64, 64, 1, True)


class Double:
    """An engine that says what the test says and remembers what it was asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[Asked] = []
        self.heard, self.called = asyncio.Event(), asyncio.Event()
        self.writer: asyncio.StreamWriter | None = None
        self.greets = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.called.set()
        if self.greets:
            self.say(READY)
        frames: FrameReader[Asked] = FrameReader(Asked)
        while data := await reader.read(65536):
            self.asked += frames.feed(data)
            self.heard.set()
        writer.close()

    def say(self, *told: Told) -> None:
        assert self.writer is not None
        self.writer.write(encode(told))

    async def until(self, count: int) -> list[Asked]:
        while len(self.asked) < count:
            self.heard.clear()
            await self.heard.wait()
        return self.asked


Dial = Callable[..., Coroutine[None, None, Connection]]


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[Double]:
    made = Double(tmp_path / "double.sock")
    server = await asyncio.start_unix_server(made.serve, made.path)
    yield made
    server.close()


@pytest.fixture
async def dial(double: Double) -> AsyncIterator[Dial]:
    made: list[Connection] = []

    async def connect(stall: float = 60.0) -> Connection:
        made.append(await Connection.to(str(double.path), stall))
        return made[-1]

    yield connect
    for connection in made:
        connection.abort()
    await asyncio.sleep(0)


def begin(id: int) -> Start:
    return Start(id, "key", (Turn("user", "hi"),), Options(5))


async def test_a_silent_engine_that_should_work_is_given_up(double: Double, dial: Dial) -> None:
    connection = await dial(stall=0.05)
    answer = connection.start(begin)
    with pytest.raises(Unavailable):
        await answer.spoken()
    assert not connection.alive


async def test_a_beating_heart_keeps_a_slow_answer(double: Double, dial: Dial) -> None:
    connection = await dial(stall=1.0)
    answer = connection.start(begin)
    for _ in range(4):
        await asyncio.sleep(0.3)
        double.say(Stats(1, 0, 0.1, 0.0))
    double.say(Piece(1, "slow", 1))
    await answer.spoken()
    assert spoken(await anext(aiter(answer))) == "slow"


async def test_a_reader_who_does_not_come_costs_bounded_memory(double: Double, dial: Dial) -> None:
    connection = await dial()
    answer = connection.start(begin)
    await double.until(1)
    double.say(Piece(1, "x" * (BUFFER + 1), 1))
    assert (await double.until(2))[-1] == Cancel(1)
    with pytest.raises(Broken):
        await said(answer)


async def test_nonsense_ends_the_connection(double: Double, dial: Dial) -> None:
    connection = await dial()
    answer = connection.start(begin)
    await double.until(1)
    assert double.writer is not None
    double.writer.write(b"\xff\xff\xff\xff nonsense")
    with pytest.raises(Unavailable):
        await answer.spoken()


async def test_pieces_of_a_forgotten_answer_are_dropped(double: Double, dial: Dial) -> None:
    connection = await dial()
    gone, here = connection.start(begin), connection.start(begin)
    await gone.close()
    assert (await double.until(3))[-1] == Cancel(1)
    double.say(Piece(1, "late", 1), Piece(2, "here", 1), Failed(1, 503, "x", "y"))
    await here.spoken()
    assert spoken(await anext(aiter(here))) == "here"
    assert await said(gone) == []


async def test_a_failure_after_some_text_comes_after_it(double: Double, dial: Dial) -> None:
    connection = await dial()
    answer = connection.start(begin)
    await double.until(1)
    double.say(Piece(1, "some", 1), Failed(1, 503, "local_model_overloaded", "out of memory"))
    await answer.spoken()
    events = aiter(answer)
    assert spoken(await anext(events)) == "some"
    with pytest.raises(Unavailable, match="out of memory"):
        await anext(events)


async def test_what_fits_in_no_frame_is_413(dial: Dial, double: Double) -> None:
    connection = await dial()
    with pytest.raises(CallerError) as refused:
        connection.start(lambda id: Start(id, "", (Turn("user", "x" * 65 * 1024 * 1024),), Options(1)))
    assert refused.value.status == 413


async def test_who_hangs_up_before_greeting_is_an_error(double: Double, dial: Dial) -> None:
    double.greets = False
    dialing = asyncio.create_task(dial())
    await double.called.wait()
    assert double.writer is not None
    double.writer.close()
    with pytest.raises(HalfpennyError):
        await dialing
