"""The signal step of a configuration, opened over its encoder and its file of outcomes, and closed at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

from providers.engine.encoder_client import Encoder
from proxy.challenger import Challenger
from proxy.config.schema import Config
from proxy.judge import Judge, judge, tier1
from proxy.places import socket_path
from proxy.topic_vectors import PATIENCE, TopicVectors
from proxy.vectors import EncoderVectors, Heard
from proxy.watch.encoded import Encoded
from proxy.watch.metrics import Metrics
from routing.catalog import Catalog


@asynccontextmanager
async def judging(config: Config, catalog: Catalog, run_folder: Path, metrics: Metrics) -> AsyncIterator[Judge]:
    """What reads the calls. Raises what `judge` raises."""
    async with AsyncExitStack() as stack:
        vectors = _vectors(config, run_folder, config.routing.deadline_ms / 1000, Encoded(metrics).told)
        if vectors is not None:
            stack.push_async_callback(vectors.aclose)
            vectors.open()
        topics = await stack.enter_async_context(_topics(config, run_folder))
        challenger = Challenger(Path(config.routing.challenger)) if config.routing.challenger else None
        if challenger is not None:
            following = asyncio.get_running_loop().create_task(challenger.follow())
            stack.push_async_callback(asyncio.wait, [following])
            stack.callback(following.cancel)
        neighbours = challenger.neighbours if challenger is not None else None
        yield judge(catalog, config, vectors, neighbours, topics)


@asynccontextmanager
async def _topics(config: Config, run_folder: Path) -> AsyncIterator[TopicVectors | None]:
    """By a connection of their own, on which nobody is in a hurry."""
    vectors = _vectors(config, run_folder, PATIENCE, lambda heard, seconds: None) if config.routing.topics else None
    if vectors is None:
        yield None
        return
    found = TopicVectors(config.routing.topics, vectors)
    learning = asyncio.get_running_loop().create_task(found.learn())
    try:
        yield found
    finally:
        learning.cancel()
        await asyncio.wait([learning])
        await vectors.aclose()


def _vectors(
    config: Config, run_folder: Path, deadline: float, told: Callable[[Heard, float], None]
) -> EncoderVectors | None:
    head, name = tier1(config), config.routing.encoder
    encoder = config.providers.get(name)
    if head is None or not isinstance(encoder, Encoder):
        return None
    return EncoderVectors(
        str(socket_path(run_folder, name)),
        encoder.stall,
        deadline,
        head.encoder,
        len(head.weights),
        told,
        perf_counter,
    )
