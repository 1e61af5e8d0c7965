"""How long the signal step takes, by tier: `python -m bench.tiers` prints the table of docs/query-classify.md.

The proxy's own signal step (`proxy.judge.Judge.read`), four models placed, asked with new prompts of 5 to 60 words:
tier 0 alone, then with a MiniLM in its own process over its socket, one after another and as they arrive by chance;
at last with that process stopped (SIGSTOP), when every request must go on within the deadline.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from bench.conditions import conditions
from bench.encoder import WORDS
from bench.report import table
from providers.engine.encoder_client import MINILM, Encoder
from providers.words import Call, Message, View
from proxy.config.catalogue import catalogue
from proxy.config.load import parse
from proxy.judge import Judge, judge, tier1
from proxy.vectors import EncoderVectors
from routing.classifier.embedding import served

IN_TURN, RATES = "one after another", (20, 80, 160, 320)
CONFIG = """
providers: {up: {dialect: openai, base_url: "http://127.0.0.1:9/v1"}, minilm: {dialect: encoder}}
models:
  small: {provider: up, tier: small, price: free}
  medium: {provider: up, tier: medium, price: free}
  strong: {provider: up, tier: strong, price: free}
  tiny: {provider: up, tier: demo, price: free}
routing: {encoder: %s, deadline_ms: %d}
"""


class Figures(Struct, frozen=True):
    """Milliseconds of a step, the encoder's own CPU milliseconds for a vector, and vectors that came in time: a second,
    and as a share of the steps."""

    p50: float
    p99: float
    worst: float
    cpu: float
    rate: float
    share: float


def prompts(seed: int) -> Callable[[], Call]:
    """New ones each time, the same in every run."""
    dice = random.Random(seed)

    def make() -> Call:
        text = " ".join(dice.choices(WORDS, k=dice.randint(5, 60)))
        return Call("chat", "chat", {}, View("auto", (Message("user", text),)), len(text))

    return make


async def measure(
    judged: Judge, seconds: float, make: Callable[[], Call], process: int = 0, rate: float = 0.0
) -> Figures:
    """One step after another, or as they arrive by chance, so many a second; `process` is the encoder's (0: none)."""
    spent: list[float] = []
    heard: list[int] = []

    async def step() -> None:
        began = time.perf_counter()
        heard.append((await judged.read(make())).tier)
        spent.append(1000 * (time.perf_counter() - began))

    began, before, dice, steps = time.perf_counter(), used(process), random.Random(0), list[asyncio.Task[None]]()
    while time.perf_counter() < began + seconds:
        if rate:
            steps.append(asyncio.create_task(step()))
            await asyncio.sleep(dice.expovariate(rate))
        else:
            await step()
    await asyncio.gather(*steps)
    took, ranked, vectors = time.perf_counter() - began, sorted(spent), sum(heard)
    cpu = 1000 * (used(process) - before) / vectors if vectors else 0.0
    middle, p99 = statistics.median(spent), ranked[len(ranked) * 99 // 100]
    return Figures(middle, p99, ranked[-1], cpu, vectors / took, vectors / len(spent))


def used(process: int) -> float:
    """CPU seconds that it has taken, which other work on the machine does not change much."""
    if not process:
        return 0.0
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def tier(encoder: Encoder | None, deadline: int) -> AsyncIterator[tuple[Judge, int]]:
    """The signal step, with an encoder's process or without, and that process's id (0: none)."""
    config = parse(CONFIG % ("off" if encoder is None else "minilm", deadline), {}, "bench")
    head = tier1(config)
    if encoder is None or head is None:
        yield judge(catalogue(config), config), 0
        return
    async with served(encoder) as process:
        vectors = EncoderVectors(
            process.socket, 60, deadline / 1000, head.encoder, len(head.weights), lambda *_: None, time.perf_counter
        )
        vectors.open()
        try:
            await vectors.of("warm")
            await asyncio.sleep(0.5)
            yield judge(catalogue(config), config, vectors), process.id
        finally:
            await vectors.aclose()


async def rows(encoder: Encoder, seconds: float, deadline: int) -> AsyncIterator[tuple[str, ...]]:
    """The table."""
    async with tier(None, deadline) as (judged, _):
        yield row("tier 0", IN_TURN, await measure(judged, seconds, prompts(0)))
    async with tier(encoder, deadline) as (judged, process):
        await measure(judged, 0.5, prompts(9))
        yield row("tier 1", IN_TURN, await measure(judged, seconds, prompts(1), process))
        for rate in RATES:
            found = await measure(judged, seconds, prompts(rate), process, rate)
            yield row("tier 1", f"{rate} a second", found)
        signal_process(process, signal.SIGSTOP)
        try:
            found = await measure(judged, seconds, prompts(3), rate=RATES[1])
            yield row("tier 1, its process stopped", f"{RATES[1]} a second", found)
        finally:
            signal_process(process, signal.SIGCONT)


def signal_process(process: int, number: signal.Signals) -> None:
    """To our own child."""
    os.kill(process, number)


def row(name: str, how: str, found: Figures) -> tuple[str, ...]:
    """One line of the table."""
    times = (f"{each:.2f}" for each in (found.p50, found.p99, found.worst))
    cpu, vectors = (f"{found.cpu:.1f}", f"{found.rate:.0f}") if found.cpu else ("–", "–")
    return (name, how, *times, cpu, vectors, f"{found.share:.0%}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MINILM, help="an encoder that the head was fitted to (default: minilm)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a measurement")
    parser.add_argument("--deadline", type=int, default=25, help="milliseconds")
    given = parser.parse_args()

    async def all_rows() -> list[tuple[str, ...]]:
        encoder = Encoder(model=given.model, too_long="truncate")
        return [line async for line in rows(encoder, given.seconds, given.deadline)]

    head = ("signal step", "requests", "p50 ms", "p99 ms", "worst ms", "CPU ms a vector", "vectors/s", "in time")
    how = f"{given.seconds:g} s each; deadline {given.deadline} ms; {given.model}"
    print(table(head, asyncio.run(all_rows())), *(f"- {line}" for line in conditions(how)), sep="\n")


if __name__ == "__main__":
    main()
