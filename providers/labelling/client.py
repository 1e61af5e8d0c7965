"""The client's end of a sequence classifier's process: its settings, and texts into the probability of label 1.

Light on purpose: the HTTP worker imports it.
"""

import asyncio
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Literal

from msgspec import Meta, Struct

from providers.engine.frames import Embed, Ready, Stats
from providers.engine.line import Line, command
from providers.errors import HalfpennyError

AGAIN = 0.5
"""Seconds between two looks at a connection that was lost."""
Device = Literal["cpu", "cuda", "mps"]


class Labeller(Struct, tag="labels", tag_field="dialect", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `python -m providers.labelling.worker` takes as options.

    `model` is a folder with config.json, model.safetensors and tokenizer.json; where it holds none, `repository` of the
    hub is fetched (empty: none). `context` is the longest text in tokens, longer ones are cut at their end. `batch` and
    `window` (seconds): see `providers.engine.gathering`; `queue` is how many requests wait at most, `queue_timeout` how
    long (seconds). `load`, `crashes` and `stall` as with every local process (`providers.engine.process`).
    """

    model: str
    repository: str = ""
    device: Device = "cpu"
    context: Annotated[int, Meta(ge=8)] = 512
    batch: Annotated[int, Meta(ge=1, le=1024)] = 32
    window: Annotated[float, Meta(ge=0, le=10)] = 0.01
    queue: Annotated[int, Meta(ge=1)] = 1024
    queue_timeout: Annotated[float, Meta(gt=0)] = 10.0
    threads: Annotated[int, Meta(ge=1)] | None = None
    load: Literal["startup", "first_use"] = "startup"
    crashes: Annotated[int, Meta(ge=0)] = 3
    stall: Annotated[float, Meta(gt=0)] = 60.0

    def arguments(self, where: str | int) -> list[str]:
        """The worker's command line after the interpreter."""
        return command(self, where, "providers.labelling.worker")


class LabelClient:
    """Asks the process that listens at `socket_path`. Nobody ever waits for one that loads: it is `ready`, or not."""

    def __init__(self, socket_path: str, stall: float) -> None:
        self._line = Line(socket_path, stall, patience=stall)
        self._keeping: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Stay connected until `aclose`."""
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    @property
    def ready(self) -> Ready | None:
        """The model that is served; its `identity` tells it from every other. None while there is no connection."""
        return self._line.ready

    @property
    def stats(self) -> Stats | None:
        """How busy the process last said it is."""
        return self._line.stats

    async def probabilities(self, texts: Sequence[str], tenant: str, deadline: float) -> list[float] | None:
        """P(label 1) of each text; None when it is late (`deadline` in seconds), busy or gone: then nobody works on."""
        if self._line.ready is None:
            return None
        try:
            async with asyncio.timeout(deadline):
                answer = await self._line.ask(lambda id: Embed(id, tenant, tuple(texts)))
                found = [vector async for events in answer for event in events for vector in event.vectors or ()]
        except (TimeoutError, HalfpennyError):
            return None
        return [array("f", vector)[1] for vector in found]

    async def aclose(self) -> None:
        """Hang up."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        await self._line.aclose()

    async def _keep(self) -> None:
        while True:
            if self._line.ready is None:
                with suppress(HalfpennyError):
                    await self._line.connect()
            await asyncio.sleep(AGAIN)
