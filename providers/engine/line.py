"""The line to a child process that serves a model: dialled when it is needed, and again when it was lost.

Light on purpose: the HTTP worker imports it.
"""

import asyncio
import math
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from providers.engine.connection import GRACE, Answering, Connection
from providers.engine.frames import Embed, Ready, Start, Stats
from providers.engine.state import State, read
from providers.errors import HalfpennyError, Unavailable

LITTLE, UNKNOWN = 0.05, 5.0
"""The share of a load below which it says nothing of the rest; seconds to wait then."""


def command(settings: Struct, where: str | int, module: str = "providers.engine.worker") -> list[str]:
    """The worker's command line after the interpreter: an option for every field of its settings.

    `where` is the path of its socket, or the descriptor of a listening one that it inherits.
    """
    words = ["-m", module, "--socket" if isinstance(where, str) else "--fd", str(where)]
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if value is not None:
            words.append(f"--{name.replace('_', '-')}={value}")
    return [*words, f"--dialect={settings.__struct_config__.tag}"]


class Line:
    """To the process that listens at `socket_path`; one connection carries every question.

    `stall`: a process silent for so many seconds while it should work counts as hung; `patience`: seconds that a call
    waits for a process that loads or starts again. `clock` is in epoch seconds.
    """

    def __init__(self, socket_path: str, stall: float, patience: float, clock: Callable[[], float] = time.time) -> None:
        # the process has its own watch, which says more: this one is for a process that is stopped as a whole
        self._path, self._stall, self._patience = socket_path, stall + GRACE, patience
        self._clock = clock
        self._connection: Connection | None = None
        self._dialling: asyncio.Task[Connection] | None = None

    @property
    def ready(self) -> Ready | None:
        """The model that is being served; None while there is no connection."""
        return self._connection.ready if self._connection and self._connection.alive else None

    @property
    def stats(self) -> Stats | None:
        """How busy the process last said it is."""
        return self._connection.stats if self._connection and self._connection.alive else None

    async def ask(self, make: Callable[[int], Start | Embed]) -> Answering:
        """Ask, and wait until something is said. Raises CallerError or ProviderError; `make` is given the id."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._patience
        connection = await self.connect()
        while not connection.answers:  # it left, or was lost, between its greeting and our turn
            if clock() >= until:
                raise absence(read(Path(self._path)), self._clock())
            connection = await self.connect()
        answer = connection.start(make)
        try:
            await answer.spoken()
        except BaseException:
            await answer.close()
            raise
        return answer

    async def connect(self) -> Connection:
        """A connection on which something can be asked. Raises Unavailable, which says why there is none."""
        if self._connection is not None and self._connection.usable:
            return self._connection
        if self._dialling is None or self._dialling.done():
            self._dialling = asyncio.create_task(self._dial())
            self._dialling.add_done_callback(_looked_at)
        try:
            # one dial serves every call that waits; who leaves does not end it for the others
            return await asyncio.wait_for(asyncio.shield(self._dialling), self._patience)
        except TimeoutError:
            raise absence(read(Path(self._path)), self._clock()) from None

    async def aclose(self) -> None:
        """Close the connection; answers that are still open end with Unavailable."""
        if self._dialling is not None:
            self._dialling.cancel()
            await asyncio.wait([self._dialling])
        if self._connection is not None:
            self._connection.abort()
            await asyncio.sleep(0)  # asyncio closes an aborted socket in its next round

    async def _dial(self) -> Connection:
        """Dial until it is answered: a process that loads has us in its backlog. Without one, until patience ends."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            try:
                self._connection = await Connection.to(self._path, self._stall)
                return self._connection
            except (OSError, HalfpennyError):
                state = read(Path(self._path))
                given_up = state is not None and state.state in ("open", "refused")
                if given_up or loop.time() >= until:
                    raise absence(state, self._clock()) from None
                await asyncio.sleep(0.05)


def absence(state: State | None, now: float) -> Unavailable:
    """Why no process answers, and when to ask again. `now` is in epoch seconds."""
    code, why, after = "local_model_unavailable", "is not running at the moment", 1.0
    if state is not None and state.state == "loading":
        code, why, after = "local_model_loading", f"is loading ({state.progress:.0%} read)", left(state, now)
    elif state is not None and state.state == "crashed":
        code, why, after = "local_model_crashed", "has crashed and is starting again", 1.0
    elif state is not None and state.state == "open":
        code, after = "local_model_crashed", (state.again or now) - now
        why = "cannot run at the moment and is left alone for a while"
    elif state is not None and state.state == "refused":
        why, after = "cannot be served as it is configured", 60.0
    return Unavailable(f"The local model {why}.", code=code, retry_after=min(max(1, math.ceil(after)), 600))


def left(state: State, now: float) -> float:
    """Seconds that loading will still take, by what it took so far."""
    if state.progress < LITTLE:
        return UNKNOWN
    return (now - state.since) * (1 - state.progress) / state.progress + 1


def _looked_at(dialling: asyncio.Task[Connection]) -> None:
    """Nobody may be waiting any more when a dial fails."""
    if not dialling.cancelled():
        dialling.exception()
