"""The measuring: every server at every number of streams, in rounds that alternate, and the medians of them."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import mean, median

from msgspec import Struct

from bench import processes
from bench.engine.streams import Ask, Stream

STREAMS = (1, 4, 8, 16)
TOKENS = 64
ANIMALS = ("dog", "cat", "fox", "bear", "owl", "horse", "mouse", "wolf")


class Target(Struct, frozen=True):
    """A server to ask, and its process."""

    name: str
    ask: Ask
    pid: int


class Figures(Struct, frozen=True):
    """Tokens per second over all streams; seconds to the first token; CPU in µs per token; broken streams."""

    rate: float
    first: float
    worst_first: float
    cpu: float
    killed: int


Results = Mapping[tuple[str, int], Figures]


async def measure(targets: Sequence[Target], rounds: int) -> Results:
    """The medians over all rounds; `killed` is their sum."""
    found: dict[tuple[str, int], list[Figures]] = {}
    for number in range(rounds):
        print(f"bench: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for streams in STREAMS:
            for target in targets:
                found.setdefault((target.name, streams), []).append(await once(target, streams, number))
    return {where: _median(figures) for where, figures in found.items()}


async def once(target: Target, streams: int, number: int) -> Figures:
    """So many questions at once, each another one, so that no answer is read from a cache of prompts."""
    prompts = [f"Tell me a short story about a {ANIMALS[(at + number) % 8]}" for at in range(streams)]
    pids = processes.tree(target.pid)
    used, began = processes.cpu(pids), time.perf_counter()
    answers = await asyncio.gather(*(target.ask(prompt, TOKENS) for prompt in prompts))
    seconds = time.perf_counter() - began
    return _figures(answers, seconds, processes.cpu(pids) - used)


def _figures(answers: Sequence[Stream], seconds: float, nanoseconds: int) -> Figures:
    tokens = sum(answer.tokens for answer in answers)
    firsts = [answer.first for answer in answers]
    killed = sum(not answer.whole for answer in answers)
    return Figures(tokens / seconds, mean(firsts), max(firsts), nanoseconds / 1000 / max(1, tokens), killed)


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(
        rate=median(each.rate for each in figures),
        first=median(each.first for each in figures),
        worst_first=median(each.worst_first for each in figures),
        cpu=median(each.cpu for each in figures),
        killed=sum(each.killed for each in figures),
    )
