"""The signal step of a configuration, opened over its encoder and its file of outcomes, and closed at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

from providers.engine.encoder_client import Encoder
from proxy.challenger import Challenger
from proxy.config.schema import Config
from proxy.judge import Judge, judge, tier1
from proxy.places import socket_path
from proxy.vectors import EncoderVectors
from proxy.watch.encoded import Encoded
from proxy.watch.metrics import Metrics
from routing.catalog import Catalog


@asynccontextmanager
async def judging(config: Config, catalog: Catalog, run_folder: Path, metrics: Metrics) -> AsyncIterator[Judge]:
    """What reads the calls. Raises what `judge` raises."""
    async with AsyncExitStack() as stack:
        vectors = _vectors(config, run_folder, metrics)
        if vectors is not None:
            stack.push_async_callback(vectors.aclose)
            vectors.open()
        challenger = Challenger(Path(config.routing.challenger)) if config.routing.challenger else None
        if challenger is not None:
            following = asyncio.get_running_loop().create_task(challenger.follow())
            stack.push_async_callback(asyncio.wait, [following])
            stack.callback(following.cancel)
        yield judge(catalog, config, vectors, challenger.neighbours if challenger is not None else None)


def _vectors(config: Config, run_folder: Path, metrics: Metrics) -> EncoderVectors | None:
    head, name = tier1(config), config.routing.encoder
    encoder = config.providers.get(name)
    if head is None or not isinstance(encoder, Encoder):
        return None
    return EncoderVectors(
        str(socket_path(run_folder, name)),
        encoder.stall,
        config.routing.deadline_ms / 1000,
        head.encoder,
        len(head.weights),
        Encoded(metrics).told,
        perf_counter,
    )
