"""The engine as a Provider: one connection to the child process's unix socket carries every conversation.

The supervisor starts and restarts the process; here a closed socket is `Unavailable`, so a call that has not been
answered yet may be tried elsewhere. Light on purpose: the HTTP worker imports it.
"""

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from providers.engine.connection import Answering, Connection
from providers.engine.frames import Ready, Start, Stats
from providers.engine.request import Defaults, options, turns
from providers.errors import HalfpennyError, Unavailable
from providers.words import Call, Sent

DEMO = "demo"


class Engine(Struct, tag="engine", tag_field="dialect", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The local engine in config.yaml, and what `python -m providers.engine.worker` takes as options.

    `model` is "demo" or the path of any GGUF; `context` is tokens per conversation (None: what the model was trained
    for, at most 4096, less where memory is short); `threads` None: by the machine; `queue` is how many wait at most,
    `queue_timeout` how long (seconds); `chat_template` overrides the file's own (Jinja text, or a path to it);
    `max_output` is what a client gets who names no limit (tokens); `temperature` holds where the client names none
    (None: 0 for the demo model, else 0.8); an engine silent for `stall` seconds while it should work counts as hung.
    """

    model: str = DEMO
    slots: Annotated[int, Meta(ge=1, le=256)] = 4
    context: Annotated[int, Meta(ge=16)] | None = None
    threads: Annotated[int, Meta(ge=1)] | None = None
    queue: Annotated[int, Meta(ge=0)] = 32
    queue_timeout: Annotated[float, Meta(gt=0)] = 10.0
    chat_template: str | None = None
    max_output: Annotated[int, Meta(ge=1)] = 1024
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    stall: Annotated[float, Meta(gt=0)] = 120.0

    def arguments(self, socket_path: str) -> list[str]:
        """The worker's command line after the interpreter: `-m providers.engine.worker --socket …`."""
        words = ["-m", "providers.engine.worker", "--socket", socket_path]
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None:
                words.append(f"--{name.replace('_', '-')}={value}")
        return words

    def defaults(self) -> Defaults:
        """What holds where a client says nothing."""
        wild = 0.0 if self.model == DEMO else 0.8
        return Defaults(self.max_output, wild if self.temperature is None else self.temperature)


class LocalEngine:
    """A Provider over the engine that listens at `socket_path`.

    `patience`: seconds that a call waits for an engine that starts or starts again; then it is `Unavailable`.
    """

    def __init__(self, socket_path: str, settings: Engine, patience: float = 5.0) -> None:
        self._path, self._settings, self._patience = socket_path, settings, patience
        self._defaults = settings.defaults()
        self._connection: Connection | None = None
        self._dialling: asyncio.Task[Connection] | None = None
        self._closed = False

    @property
    def ready(self) -> Ready | None:
        """The model that is being served; None while there is no connection."""
        return self._connection.ready if self._connection and self._connection.alive else None

    @property
    def stats(self) -> Stats | None:
        """How busy the engine last said it is."""
        return self._connection.stats if self._connection and self._connection.alive else None

    async def open(self, call: Call, sent: Sent) -> Answering:
        """Send the call and wait until the model speaks.

        Raises CallerError (it asks what the engine cannot do), Rejected (too long, or refused by the chat template),
        RateLimited (`local_queue_full`) or Unavailable (`local_model_unavailable`, `local_model_crashed`).
        """
        asked = turns(call), options(call, sent.max_output, self._defaults)
        connection = await self._connect()
        answer = connection.start(lambda id: Start(id, sent.tenant, *asked))
        try:
            await answer.spoken()
        except BaseException:
            await answer.close()
            raise
        return answer

    async def aclose(self) -> None:
        """Close the connection; answers that are still open end with Unavailable."""
        self._closed = True
        if self._dialling is not None:
            await asyncio.wait([self._dialling])
        if self._connection is not None:
            self._connection.abort()
            await asyncio.sleep(0)  # asyncio closes an aborted socket in its next round

    async def _connect(self) -> Connection:
        if self._connection is not None and self._connection.alive:
            return self._connection
        if self._dialling is None or self._dialling.done():
            self._dialling = asyncio.create_task(self._dial())
            self._dialling.add_done_callback(_looked_at)
        # one dial serves every call that waits; who leaves does not end it for the others
        return await asyncio.shield(self._dialling)

    async def _dial(self) -> Connection:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while not self._closed:
            try:
                self._connection = await Connection.to(self._path, self._settings.stall)
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
