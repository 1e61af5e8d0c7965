"""The encoder as a Provider: the socket, the process and llama.cpp."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest

from providers.engine.client import Engine, LocalEngine
from providers.engine.encoder_client import Encoder, LocalEncoder
from providers.engine.vector_cache import LocalCache
from providers.errors import CallerError, RateLimited, Rejected, Unavailable
from providers.words import Event, Sent
from tests.doubles import ggufs
from tests.doubles.encoders import embeddings_call, needs_vocabularies, numbers
from tests.doubles.engines import call

SENT = Sent("local", tenant="key")
HEAVY = ("llama_cpp", "numpy", "jinja2", "torch")


class Running:
    """A worker process and a client of it."""

    def __init__(self, socket: Path, settings: Encoder) -> None:
        self.socket, self.settings = socket, settings
        self.encoder = LocalEncoder(str(socket), settings, patience=30)
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = self.settings.arguments(str(self.socket))
        self.process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert msgspec.json.decode(line)["event"] == "ready", line

    async def end(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def ask(self, given: Any, **fields: Any) -> Event:
        """The one event of an answer."""
        answer = await self.encoder.open(embeddings_call(given, **fields), SENT)
        (event,) = [event async for events in answer for event in events]
        await answer.close()
        return event


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """The two-token model: "a" and "b" are the first two axes."""
    model = ggufs.embedder(tmp_path / "axes.gguf")
    made = Running(tmp_path / "encoder.sock", Encoder(model=str(model), threads=1, queue=4))
    await made.start()
    yield made
    await made.encoder.aclose()
    await made.end()


def axes(event: Event) -> list[list[float]]:
    assert event.vectors is not None
    return [[round(number, 4) for number in numbers(vector)[:2]] for vector in event.vectors]


async def test_one_event_holds_all_vectors_and_exact_usage(running: Running) -> None:
    event = await running.ask(["a", "ab", "b"])
    assert axes(event) == [[1, 0], [0.7071, 0.7071], [0, 1]]
    assert event.usage is not None
    assert (event.usage.input, event.usage.output, event.usage.source) == (4, 0, "provider")
    assert (event.answered, event.wire, event.speaks()) == ("scripted", None, True)
    assert axes(await running.ask("b")) == [[0, 1]]


async def test_several_requests_are_told_apart(running: Running) -> None:
    asking = [running.ask(["ab"[number % 2]] * (number + 1)) for number in range(4)]
    found = [axes(event) for event in await asyncio.gather(*asking)]
    assert found == [[[1, 0]], [[0, 1]] * 2, [[1, 0]] * 3, [[0, 1]] * 4]


@needs_vocabularies
async def test_token_arrays_are_read_as_what_they_say(running: Running) -> None:
    a, b = 64, 65
    assert axes(await running.ask([a, b])) == [[0.7071, 0.7071]]
    assert axes(await running.ask([[a], [b], [a, b]])) == [[1, 0], [0, 1], [0.7071, 0.7071]]
    with pytest.raises(Rejected, match="100300 is no token of cl100k_base") as refused:
        await running.ask([a, 100300])
    assert (refused.value.status, refused.value.param) == (400, "input")


@pytest.mark.parametrize("given", [{"text": "a"}, ["a", 1], [[1], "a"], [1, [1]], []])
async def test_what_is_no_input_is_refused(running: Running, given: Any) -> None:
    with pytest.raises(CallerError) as refused:
        await running.ask(given)
    assert (refused.value.status, refused.value.param) == (400, "input")


async def test_a_text_that_was_read_before_is_not_read_again(running: Running) -> None:
    cached = LocalEncoder(str(running.socket), running.settings, LocalCache(10**6, 60, monotonic), patience=30)

    async def ask(*texts: str, sent: Sent = SENT) -> Event:
        answer = await cached.open(embeddings_call(list(texts)), sent)
        ((event,),) = [events async for events in answer]
        return event

    first, mixed, again = await ask("ab", "a"), await ask("b", "ab"), await ask("ab", "b", "a")
    assert axes(mixed) == [[0, 1], [0.7071, 0.7071]]
    assert axes(again) == [[0.7071, 0.7071], [0, 1], [1, 0]]
    assert (first.remembered, mixed.remembered, again.remembered) == (False, False, True)
    assert [event.usage and event.usage.input for event in (first, mixed, again)] == [3, 3, 4]
    other = await ask("ab", sent=Sent("local", tenant="other"))
    unkept = await ask("bb", sent=Sent("local", tenant="key", store=False))
    assert (other.remembered, unkept.remembered, (await ask("bb")).remembered) == (False, False, False)
    await cached.aclose()


async def test_dimensions_are_cut_and_more_are_refused(running: Running) -> None:
    assert axes(await running.ask("a", dimensions=32)) == axes(await running.ask("a", dimensions=None)) == [[1, 0]]
    short = await running.ask("ab", dimensions=1)
    assert short.vectors is not None
    assert numbers(short.vectors[0]) == [pytest.approx(1.0)]
    with pytest.raises(CallerError, match="at most 32 dimensions") as refused:
        await running.ask("a", dimensions=33)
    assert (refused.value.status, refused.value.param) == (400, "dimensions")


async def test_what_is_too_long_is_rejected(running: Running) -> None:
    with pytest.raises(Rejected) as refused:
        await running.ask(["a", "ab" * 300])
    error = refused.value
    assert (error.status, error.code, error.param) == (400, "context_length_exceeded", "input")


async def test_a_crash_is_retryable_and_the_next_process_serves(running: Running) -> None:
    asking = asyncio.create_task(running.ask(["ab" * 100] * 1000))
    axes(await running.ask("a"))
    await running.end()
    with pytest.raises(Unavailable) as crashed:
        await asking
    assert (crashed.value.code, crashed.value.retryable) == ("local_model_crashed", True)
    waiting = asyncio.create_task(running.ask("b"))
    await asyncio.sleep(0)
    await running.start()
    assert axes(await waiting) == [[0, 1]]


async def test_a_full_queue_is_429(running: Running) -> None:
    asking = [asyncio.create_task(running.ask(["ab" * 100] * 300)) for _ in range(12)]
    done = await asyncio.gather(*asking, return_exceptions=True)
    refused = [error for error in done if isinstance(error, RateLimited)]
    assert refused and {error.code for error in refused} == {"local_queue_full"}
    assert len(refused) + len([event for event in done if isinstance(event, Event)]) == 12


async def test_a_cancelled_call_leaves_the_queue(running: Running) -> None:
    for _ in range(12):
        leaving = asyncio.create_task(running.ask(["ab" * 100] * 2000))
        await running.encoder._line.connect()
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    assert axes(await running.ask("a")) == [[1, 0]]


async def test_a_conversation_sent_to_an_encoder_is_refused(running: Running) -> None:
    mistaken = LocalEngine(str(running.socket), Engine())
    with pytest.raises(Rejected, match="embeddings alone"):
        await mistaken.open(call(), SENT)
    await mistaken.aclose()


async def test_without_a_model_file_the_fix_is_named_at_once(tmp_path: Path) -> None:
    encoder = LocalEncoder(str(tmp_path / "none.sock"), Encoder(model=str(tmp_path / "none.gguf")))
    with pytest.raises(CallerError, match="make minilm") as refused:
        await asyncio.wait_for(encoder.open(embeddings_call("a"), SENT), 5)
    assert (refused.value.status, refused.value.code) == (503, "local_model_missing")


def test_settings_are_a_config_entry() -> None:
    assert msgspec.json.decode(b'{"dialect": "encoder", "batch": 8}', type=Encoder) == Encoder(batch=8)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"dialect": "encoder", "slots": 2}', type=Encoder)


def test_the_client_is_light() -> None:
    names = f"[m for m in {HEAVY} if m in sys.modules]"
    check = f"import sys, providers.engine.encoder_client; sys.exit(str({names} or ''))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
