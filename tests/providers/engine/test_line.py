"""What a call is told while no process answers, and that it learns what has no hope at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from providers.engine.frames import (
    Asked,
    Done,
    FrameReader,
    Leaving,
    Options,
    Piece,
    Ready,
    Start,
    Timings,
    Tokens,
    Turn,
    encode,
)
from providers.engine.line import Line, absence
from providers.engine.state import State, write
from providers.engine.unix import listen
from providers.errors import Unavailable
from tests.doubles.engines import said, spoken

READY = Ready("m", "llama", 64, 64, 1, True)


def state(word: Any, **more: Any) -> State:
    return State(state=word, model="/secret/m.gguf", since=100.0, **more)


@pytest.mark.parametrize(
    ("known", "code", "after"),
    [
        (None, "local_model_unavailable", 1),
        (state("loading"), "local_model_loading", 5),
        (state("loading", progress=0.25), "local_model_loading", 31),
        (state("loading", progress=0.999), "local_model_loading", 2),
        (state("crashed"), "local_model_crashed", 1),
        (state("open", again=155.0), "local_model_crashed", 45),
        (state("open", again=90.0), "local_model_crashed", 1),
        (state("refused"), "local_model_unavailable", 60),
        (state("ready"), "local_model_unavailable", 1),
    ],
)
def test_the_answer_says_why_and_when_to_come_back(known: State | None, code: str, after: int) -> None:
    error = absence(known, 110.0)
    assert (error.status, error.code, error.retryable) == (503, code, True)
    assert error.retry_after == after
    assert "secret" not in error.message


async def refused(line: Line) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        await line.ask(lambda id: Start(id, "", (), None))  # type: ignore[arg-type]
    return caught.value


async def test_a_model_that_loads_is_waited_for_and_then_said_to_load(tmp_path: Path) -> None:
    path = tmp_path / "e.sock"
    with listen(path) as listening:
        write(path, state("loading", progress=0.5))
        line = Line(str(path), 30, 0.05, lambda: 110.0)
        errors = await asyncio.gather(*(refused(line) for _ in range(5)))
        assert {(error.code, error.retry_after) for error in errors} == {("local_model_loading", 11)}
        # all of them are one connection in the backlog, which is taken when the process is there
        taken, _ = listening.accept()
        taken.sendall(encode([READY]))
        assert (await line.connect()).ready == READY
        await line.aclose()
        assert taken.recv(1) == b""
        taken.close()


@pytest.mark.parametrize(("word", "code"), [("open", "local_model_crashed"), ("refused", "local_model_unavailable")])
async def test_f79_what_has_no_hope_is_told_at_once(tmp_path: Path, word: str, code: str) -> None:
    path = tmp_path / "e.sock"
    write(path, state(word, again=200.0))
    line = Line(str(path), 30, patience=3600, clock=lambda: 110.0)
    assert (await refused(line)).code == code
    await line.aclose()


async def test_who_waits_when_the_circuit_opens_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "e.sock"
    listening = listen(path)
    line = Line(str(path), 30, patience=3600, clock=lambda: 110.0)
    waiting = asyncio.create_task(refused(line))
    await asyncio.sleep(0.01)
    write(path, state("open", again=140.0))
    path.unlink()
    listening.close()
    assert ((await waiting).code, (await waiting).retry_after) == ("local_model_crashed", 30)
    await line.aclose()


class Tired:
    """An engine that leaves as soon as it has greeted: it answers those who ask all the same, then it ends."""

    def __init__(self, patient: int) -> None:
        self.greetings, self._patient = 0, patient

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.greetings += 1
        writer.write(encode([READY, Leaving()]))
        if self.greetings < self._patient:  # gone before anybody could ask
            writer.close()
            return
        frames: FrameReader[Asked] = FrameReader(Asked)
        while data := await reader.read(65536):
            for asked in frames.feed(data):
                assert isinstance(asked, Start)
                usage, times = Tokens(1, 1), Timings(0, 0, 0)
                writer.write(encode([Piece(asked.id, "here", 1), Done(asked.id, "stop", usage, times)]))
        writer.close()


@pytest.mark.parametrize("patient", [1, 3])
async def test_an_engine_that_leaves_with_its_greeting_still_answers_everybody(tmp_path: Path, patient: int) -> None:
    tired = Tired(patient)
    line = Line(str(tmp_path / "engine.sock"), 60.0, 10.0)
    async with await asyncio.start_unix_server(tired.serve, tmp_path / "engine.sock"):
        asking = (line.ask(lambda id: Start(id, "key", (Turn("user", "hi"),), Options(5))) for _ in range(3))
        answers = await asyncio.wait_for(asyncio.gather(*asking), 30)
        assert [spoken(await said(answer)) for answer in answers] == ["here"] * 3
        await line.aclose()
    assert tired.greetings >= patient


async def test_an_engine_that_always_ends_before_the_first_question_is_absent_in_the_end(tmp_path: Path) -> None:
    tired = Tired(patient=1_000_000)
    line = Line(str(tmp_path / "engine.sock"), 60.0, 0.5)
    async with await asyncio.start_unix_server(tired.serve, tmp_path / "engine.sock"):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(line.ask(lambda id: Start(id, "key", (), Options(5))), 30)
        await line.aclose()
