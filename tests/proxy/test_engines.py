"""A local model's life with real processes: asleep, called, crashed, stopped, replaced, refused (F75, F79, F80)."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from providers.engine.client import Engine, LocalEngine
from providers.engine.connection import GRACE, Answering
from providers.engine.state import read
from providers.errors import Unavailable
from providers.words import Sent
from proxy.engine_process import BEAT, SECOND
from proxy.engines import Keeper
from proxy.places import socket_path
from tests.doubles import ggufs
from tests.doubles.engines import COUNTING, ENDLESS, GREETED, GREETING, call, said, spoken
from tests.doubles.eventually import eventually, in_time

SENT = Sent("local", tenant="key")


class Kept:
    """A keeper at work, and a client of its model."""

    def __init__(self, folder: Path, settings: Engine) -> None:
        self.notices: list[str] = []
        self.socket = socket_path(folder, "local")
        self.keeper = Keeper("local", settings, self.socket, os.environ, self.notices.append)
        self.engine = LocalEngine(str(self.socket), settings, patience=30)
        self.task = asyncio.create_task(self.keeper.run())

    async def becomes(self, word: str) -> None:
        """Wait until the state file says so."""
        await eventually(lambda: self.word() == word)

    def word(self) -> str:
        state = read(self.socket)
        return state.state if state else ""

    def kill(self, number: int) -> None:
        assert self.keeper.state.pid is not None
        os.kill(self.keeper.state.pid, number)

    async def ask(self, **fields: Any) -> Answering:
        return await self.engine.open(call(**fields), SENT)

    async def greets(self) -> bool:
        """Whether the greeting model answers."""
        return spoken(await said(await self.ask(max_tokens=50))) == GREETED

    async def says(self, text: str) -> bool:
        """Whether this is what is said where nobody says how much: a process that leaves answers a moment longer."""
        return spoken(await said(await self.ask())) == text

    async def end(self) -> None:
        await self.engine.aclose()
        self.keeper.stop(signal.SIGKILL)
        await self.task


Keep = Callable[..., Kept]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    ggufs.scripted(folder / "greeting.gguf", GREETING)
    ggufs.scripted(folder / "counting.gguf", COUNTING, context=32_768)
    return folder


@pytest.fixture
async def keep(tmp_path: Path, models: Path) -> AsyncIterator[Keep]:
    made: list[Kept] = []

    def begin(model: str = "greeting.gguf", **fields: Any) -> Kept:
        made.append(Kept(tmp_path, Engine(model=str(models / model), **fields)))
        return made[-1]

    yield begin
    for each in made:
        await each.end()


async def test_it_sleeps_until_it_is_called_and_again_when_it_was_idle_for_long(keep: Keep) -> None:
    kept = keep(load="first_use", idle_unload=0.3)
    await kept.becomes("idle")
    assert (kept.keeper.state.pid, kept.keeper.settled.is_set()) == (None, True)
    assert "loads with the first request" in kept.keeper.text()
    for _ in range(2):
        assert spoken(await said(await kept.ask())) == GREETED
        assert kept.word() == "ready"
        await kept.becomes("idle")
        assert (kept.keeper.state.pid, kept.keeper.state.last_exit) == (None, "ended with exit code 0")
    assert (kept.keeper.state.restarts, kept.keeper.state.crashes, kept.notices) == (1, 0, [])


async def test_an_engine_that_sleeps_again_and_again_loses_no_request(keep: Keep) -> None:
    kept = keep(idle_unload=0.001)
    for _ in range(8):
        answers = await asyncio.gather(*(kept.ask() for _ in range(3)))
        assert [spoken(await said(answer)) for answer in answers] == [GREETED] * 3
    assert kept.keeper.state.crashes == 0


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
async def test_f79_after_a_crash_the_next_call_waits_for_the_restart(keep: Keep, number: int) -> None:
    kept = keep("counting.gguf", context=30_000, slots=1)
    speaking = await kept.ask(max_tokens=ENDLESS)
    kept.kill(number)
    with pytest.raises(Unavailable) as crashed:
        await said(speaking)
    assert crashed.value.code == "local_model_crashed"
    assert spoken(await said(await kept.ask(max_tokens=2))) == " one two"
    assert (kept.keeper.state.crashes, kept.keeper.state.restarts) == (1, 1)
    assert f"was killed by {signal.Signals(number).name}" in str(kept.keeper.state.last_exit)
    assert "it starts again in 0.1 s" in kept.notices[0]


async def test_f79_three_crashes_open_the_circuit_and_calls_fail_at_once(keep: Keep) -> None:
    kept = keep(crashes=3)
    for _ in range(3):
        await kept.becomes("ready")
        kept.kill(signal.SIGSEGV)
        await eventually(lambda: kept.word() != "ready")
    await kept.becomes("open")
    with pytest.raises(Unavailable) as refused:
        await kept.ask()
    assert refused.value.code == "local_model_crashed"
    assert refused.value.retry_after is not None and 25 <= refused.value.retry_after <= 30
    assert "too often; it is left alone and tried again in 30 s" in kept.notices[-1]
    assert not kept.socket.exists()


async def test_f80_a_process_that_is_stopped_is_killed_and_replaced(keep: Keep) -> None:
    kept = keep(stall=0.5)
    await kept.becomes("ready")
    stopped = kept.keeper.state.pid
    kept.kill(signal.SIGSTOP)
    assert spoken(await said(await kept.ask())) == GREETED
    assert kept.keeper.state.pid != stopped
    assert "did not answer and was killed by SIGKILL" in kept.notices[0]


def test_f80_the_supervisor_gives_a_stopped_process_up_before_its_clients_do() -> None:
    """So that they ask again when another one is on its way."""
    assert GRACE > 3 * BEAT + SECOND


async def test_f75_what_cannot_be_served_is_refused_until_the_settings_change(keep: Keep, models: Path) -> None:
    (models / "hostile.gguf").write_bytes(b"GGUF" + b"\xff" * 100)
    kept = keep("hostile.gguf")
    await kept.becomes("refused")
    assert "NOT SERVED" in kept.keeper.text() and "version" in kept.keeper.text()
    with pytest.raises(Unavailable) as refused:
        await kept.ask()
    assert (refused.value.code, str(models) in refused.value.message) == ("local_model_unavailable", False)
    await kept.keeper.swap(Engine(model=str(models / "greeting.gguf")))
    await kept.becomes("ready")
    assert spoken(await said(await kept.ask())) == GREETED


async def test_too_little_memory_is_told_and_tried_again_later(keep: Keep) -> None:
    kept = keep(memory_limit=0.01)
    await kept.becomes("open")
    assert "MiB are free" in kept.keeper.text()
    assert "tried again in 30 s" in kept.notices[-1]
    assert kept.keeper.state.crashes == 0


async def test_a_swap_loses_no_request(keep: Keep, models: Path) -> None:
    kept = keep("counting.gguf", context=30_000, slots=2)
    old = await kept.ask(max_tokens=2_000)
    before = kept.keeper.state.pid
    swap = asyncio.create_task(kept.keeper.swap(Engine(model=str(models / "greeting.gguf"))))
    while not swap.done():
        assert spoken(await said(await kept.ask(max_tokens=1))) in (" one", "Hello")
    await in_time(kept.greets)  # the old process may be a moment from hearing that it leaves
    assert spoken(await said(old)) == " one two three four" * 500
    assert (kept.keeper.state.pid != before, kept.keeper.state.crashes) == (True, 0)
    assert before is not None
    await eventually(lambda: not Path(f"/proc/{before}").exists())


async def test_after_a_swap_the_clients_defaults_are_the_new_processs(keep: Keep, models: Path) -> None:
    kept = keep("counting.gguf", max_output=3)
    assert spoken(await said(await kept.ask())) == " one two three"
    old = kept.engine.defaults
    fresh = Engine(model=str(models / "counting.gguf"), max_output=5, temperature=0.25)
    await kept.keeper.swap(fresh)
    await in_time(lambda: kept.says(" one two three four one"))
    assert (old.max_tokens, old.temperature) == (3, 0.8)
    assert kept.engine.defaults == fresh.defaults()
    assert spoken(await said(await kept.ask(max_tokens=1))) == " one"


async def test_of_several_swaps_the_last_one_counts(keep: Keep, models: Path) -> None:
    kept = keep("counting.gguf", max_output=3)
    await kept.becomes("ready")
    first = kept.keeper.settings
    wishes = [Engine(model=str(models / "greeting.gguf")), Engine(model="/nowhere.gguf"), first]
    await asyncio.gather(*map(kept.keeper.swap, wishes))
    assert (kept.keeper.settings, kept.keeper.wanted) == (first, first)
    await in_time(lambda: kept.says(" one two three"))
    await kept.keeper.swap(wishes[1])
    assert kept.keeper.wanted == first


async def test_a_swap_to_what_cannot_be_served_changes_nothing(keep: Keep) -> None:
    kept = keep()
    await kept.becomes("ready")
    pid = kept.keeper.state.pid
    await kept.keeper.swap(Engine(model="/nowhere.gguf"))
    assert "/nowhere.gguf is not served" in kept.notices[-1]
    assert spoken(await said(await kept.ask())) == GREETED
    assert kept.keeper.state.pid == pid
