"""The line to a child process that serves a model: dialled when it is needed, and again when it was lost.

Light on purpose: the HTTP worker imports it.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from providers.engine.connection import Answering, Connection
from providers.engine.frames import Embed, Ready, Start, Stats
from providers.errors import HalfpennyError, Unavailable


def command(settings: Struct, where: str | int) -> list[str]:
    """The worker's command line after the interpreter: an option for every field of its settings.

    `where` is the path of its socket, or the descriptor of a listening one that it inherits.
    """
    words = ["-m", "providers.engine.worker", "--socket" if isinstance(where, str) else "--fd", str(where)]
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if value is not None:
            words.append(f"--{name.replace('_', '-')}={value}")
    return [*words, f"--dialect={settings.__struct_config__.tag}"]


class Line:
    """To the process that listens at `socket_path`; one connection carries every question.

    `stall`: a process silent for so many seconds while it should work counts as hung; `patience`: seconds that a call
    waits for a process that starts or starts again.
    """

    def __init__(self, socket_path: str, stall: float, patience: float) -> None:
        self._path, self._stall, self._patience = socket_path, stall, patience
        self._connection: Connection | None = None
        self._dialling: asyncio.Task[Connection] | None = None
        self._closed = False

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
        connection = await self.connect()
        answer = connection.start(make)
        try:
            await answer.spoken()
        except BaseException:
            await answer.close()
            raise
        return answer

    async def connect(self) -> Connection:
        """A live connection. Raises Unavailable `local_model_unavailable`."""
        if self._connection is not None and self._connection.alive:
            return self._connection
        if self._dialling is None or self._dialling.done():
            self._dialling = asyncio.create_task(self._dial())
            self._dialling.add_done_callback(_looked_at)
        # one dial serves every call that waits; who leaves does not end it for the others
        return await asyncio.shield(self._dialling)

    async def aclose(self) -> None:
        """Close the connection; answers that are still open end with Unavailable."""
        self._closed = True
        if self._dialling is not None:
            await asyncio.wait([self._dialling])
        if self._connection is not None:
            self._connection.abort()
            await asyncio.sleep(0)  # asyncio closes an aborted socket in its next round

    async def _dial(self) -> Connection:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while not self._closed:
            try:
                self._connection = await Connection.to(self._path, self._stall)
                return self._connection
            except (OSError, HalfpennyError):
                if loop.time() >= until:
                    break
                await asyncio.sleep(0.05)
        message = "The local model is not running at the moment."
        raise Unavailable(message, code="local_model_unavailable", retry_after=1)


def _looked_at(dialling: asyncio.Task[Connection]) -> None:
    """Nobody may be waiting any more when a dial fails."""
    if not dialling.cancelled():
        dialling.exception()
