"""Times of the engine alone: what a known prefix saves, and how soon a cancelled answer makes room."""

import asyncio
import time
from statistics import median

from msgspec import Struct

from providers.engine.frames import Options, Start, Turn
from providers.engine.line import Line

ROUNDS = 9
LONG = "A proxy is a program that passes requests from a client to another server. " * 40


class Latencies(Struct, frozen=True):
    """Medians in seconds: to the first token of a long prompt, new and known; from cancelling every running answer
    to the first token of one that waited for a place, and the same where nothing had to be cancelled."""

    cold: float
    known: float
    after_cancel: float
    alone: float


async def latencies(line: Line) -> Latencies:
    """Measure on an engine that is otherwise idle."""
    cold, known, after, alone = [], [], [], []
    for number in range(ROUNDS):
        cold.append(await _first(line, f"cold-{number}", LONG))
        known.append(await _first(line, f"cold-{number}", LONG + "What is a proxy?"))
        after.append(await _after_cancel(line, number))
        alone.append(await _first(line, f"alone-{number}", "hello"))
    return Latencies(*(median(times) for times in (cold, known, after, alone)))


async def _first(line: Line, tenant: str, prompt: str) -> float:
    began = time.perf_counter()
    answer = await line.ask(lambda id: Start(id, tenant, (Turn("user", prompt),), Options(max_tokens=1, temperature=0)))
    first = time.perf_counter() - began
    await answer.close()
    return first


async def _after_cancel(line: Line, number: int) -> float:
    """All places are taken by endless answers, one waits; then all are cancelled in one moment."""
    ready = line.ready
    assert ready is not None
    endless = Options(max_tokens=900, temperature=1.0, seed=number, logit_bias=((2, -100.0), (0, -100.0)))
    running = await asyncio.gather(
        *(line.ask(lambda id: Start(id, f"t{id}", (Turn("user", "story"),), endless)) for _ in range(ready.slots))
    )
    waiting = asyncio.create_task(_first(line, f"waits-{number}", "hello"))
    await asyncio.sleep(0.01)
    began = time.perf_counter()
    for answer in running:
        await answer.close()
    await waiting
    return time.perf_counter() - began
