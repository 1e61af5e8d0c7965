"""Times of the engine alone: what a known prefix saves, and how soon a cancelled answer makes room."""

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from msgspec import Struct

from providers.engine.connection import Answering
from providers.engine.frames import Options, Start, Stats, Turn
from providers.engine.line import Line

ROUNDS, STEPS = 9, 30
LONG = "A proxy is a program that passes requests from a client to another server. " * 40


class Latencies(Struct, frozen=True):
    """Medians in seconds: to the first token of a long prompt, new and known; from cancelling every running answer
    to the first token of one that waited for a place, and the same where nothing had to be cancelled; one decode step
    with all places taken, and from cancelling all until all are free."""

    cold: float
    known: float
    after_cancel: float
    alone: float
    step: float
    freed: float


async def latencies(line: Line) -> Latencies:
    """Measure on an engine that is otherwise idle."""
    cold, known, after, alone, step, freed = [], [], [], [], [], []
    for number in range(ROUNDS):
        cold.append(await _first(line, f"cold-{number}", LONG))
        known.append(await _first(line, f"cold-{number}", LONG + "What is a proxy?"))
        after.append(await _after_cancel(line, number))
        alone.append(await _first(line, f"alone-{number}", "hello"))
        times = await _freed(line, number)
        step.append(times[0])
        freed.append(times[1])
    return Latencies(*(median(times) for times in (cold, known, after, alone, step, freed)))


async def _first(line: Line, tenant: str, prompt: str) -> float:
    began = time.perf_counter()
    answer = await line.ask(lambda id: Start(id, tenant, (Turn("user", prompt),), Options(max_tokens=1, temperature=0)))
    first = time.perf_counter() - began
    await answer.close()
    return first


async def _after_cancel(line: Line, number: int) -> float:
    """All places are taken by endless answers, one waits; then all are cancelled in one moment."""
    running = await _full(line, number)
    waiting = asyncio.create_task(_first(line, f"waits-{number}", "hello"))
    await asyncio.sleep(0.01)
    began = time.perf_counter()
    for answer in running:
        await answer.close()
    await waiting
    return time.perf_counter() - began


async def _freed(line: Line, number: int) -> tuple[float, float]:
    """A decode step with all places taken; the time from cancelling all until the engine says it is idle."""
    running = await _full(line, number)
    at = []
    async for _ in running[0]:
        at.append(time.perf_counter())
        if len(at) > STEPS:
            break
    waiting = asyncio.create_task(_first(line, f"next-{number}", "hello"))
    await _told(line, lambda stats: stats.waiting == 1)
    waiting.cancel()
    await _told(line, lambda stats: stats.active == len(running) and not stats.waiting)
    began = time.perf_counter()
    for answer in running:
        await answer.close()
    await _told(line, lambda stats: not stats.active)
    return median(two - one for one, two in pairwise(at)), time.perf_counter() - began


async def _told(line: Line, so: Callable[[Stats], bool]) -> None:
    """Wait until the engine says so: it does when its queue changes, and when it falls idle."""
    while line.stats is None or not so(line.stats):  # noqa: ASYNC110 - nobody is woken by what it says
        await asyncio.sleep(0)


async def _full(line: Line, number: int) -> list[Answering]:
    """Endless answers in all places."""
    ready = line.ready
    assert ready is not None
    endless = Options(max_tokens=900, temperature=1.0, seed=number, logit_bias=((2, -100.0), (0, -100.0)))
    asked = (line.ask(lambda id: Start(id, f"t{id}", (Turn("user", "story"),), endless)) for _ in range(ready.slots))
    return await asyncio.gather(*asked)
