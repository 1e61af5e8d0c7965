"""The client's end of the engine's socket: frames in, events out, each answer to who asked for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import cast

from providers.engine.events import events
from providers.engine.frames import (
    LIMIT,
    Cancel,
    Done,
    Embed,
    Ended,
    Failed,
    FrameError,
    FrameReader,
    Leaving,
    Piece,
    Ready,
    Start,
    Stats,
    Told,
    Vectors,
    encode,
)
from providers.errors import Broken, CallerError, ProviderError, RateLimited, Rejected, Unavailable
from providers.words import Event

GRACE = 20.0
"""Seconds beyond what a step may take until this side gives a silent process up."""
FIRST_QUESTION = 1.0
"""Seconds that a connection to a process that is leaving stays for a first question."""
BUFFER = 1024 * 1024
"""Characters that an answer may hold for a reader who does not come; more cancel it."""


class Answering:
    """One answer: an `Answer` of events without wires. Its last event has finish, usage and the model's own name."""

    surface: str | None = None
    dropped: tuple[str, ...] = ()

    def __init__(self, connection: "Connection", id: int) -> None:
        self._connection, self._id = connection, id
        self._events: list[Event] = []
        self._held = 0
        self._error: ProviderError | None = None
        self._over = False
        self._news = asyncio.Event()

    async def spoken(self) -> None:
        """Wait for the first event. Raises ProviderError."""
        await self._news.wait()
        if self._error is not None and not self._events:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        while True:
            await self._news.wait()
            self._news.clear()
            events, self._events, self._held = self._events, [], 0
            if events:
                yield events
            if self._over and not self._events:
                if self._error is not None:
                    raise self._error
                return

    async def close(self) -> None:
        """Stop the engine's work on it. Idempotent."""
        if not self._over:
            self._over = True
            self._connection.forget(self._id, cancel=True)
        self._news.set()

    def hear(self, events: list[Event], *, last: bool = False) -> None:
        """The engine said more, or the last of it."""
        if not events:
            return
        self._events += events
        self._held += sum(map(_size, events))
        self._news.set()
        if last:
            self._over = True
        elif self._held > BUFFER:
            self._connection.forget(self._id, cancel=True)
            self.fail(Broken("The answer was not read in time.", code="slow_reader"))

    def fail(self, error: ProviderError) -> None:
        """The answer ends here."""
        self._error, self._over = error, True
        self._news.set()


class Connection(asyncio.Protocol):
    """One connection to an engine process; when it is lost, every answer on it fails and a new one must be made."""

    def __init__(self, stall: float) -> None:
        self._frames: FrameReader[Told] = FrameReader(Told)
        self._answers: dict[int, Answering] = {}
        self._stall, self._heard, self._last = stall, 0.0, 0
        self._loop = asyncio.get_running_loop()
        self._greeted: asyncio.Future[Ready] = self._loop.create_future()
        self._watch: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.ready: Ready | None = None
        self.stats: Stats | None = None
        self.alive = self.leaving = self._parted = False

    @classmethod
    async def to(cls, path: str, stall: float) -> "Connection":
        """Connect and be greeted, however long that takes. Raises OSError or ProviderError."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(lambda: cls(stall), path)
        try:
            connection.ready = await connection._greeted
        except asyncio.CancelledError:
            connection.abort()
            raise
        return connection

    @property
    def usable(self) -> bool:
        """Whether something should still be asked on it."""
        return self.alive and not self.leaving

    @property
    def answers(self) -> bool:
        """Whether what is asked now is answered: a process that leaves answers until we part."""
        return self.alive and not self._parted

    def start(self, make: Callable[[int], Start | Embed]) -> Answering:
        """Ask for an answer, while it `answers`. Raises CallerError when the call does not fit in a frame."""
        self._last += 1
        asked = make(self._last)
        data = encode([asked])
        if len(data) > LIMIT:
            param = "messages" if isinstance(asked, Start) else "input"
            raise CallerError("The request is too large.", status=413, param=param)
        if not self._answers:
            self._heard = self._loop.time()
            self._watch = self._watch or self._loop.call_later(self._stall, self._check)
        answer = self._answers[self._last] = Answering(self, self._last)
        self._write(data)
        return answer

    def forget(self, id: int, *, cancel: bool) -> None:
        """An answer nobody reads any more; `cancel` tells the engine."""
        if self._answers.pop(id, None) is not None and cancel:
            self._write(encode([Cancel(id)]))
        self._part()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is open."""
        # cast, not isinstance: uvloop's transports do not inherit from asyncio's
        self._transport, self.alive = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the engine."""
        self._heard = self._loop.time()
        try:
            for told in self._frames.feed(data):
                self._deliver(told)
        except FrameError:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the engine is gone, or we closed."""
        self.alive = False
        if self._watch is not None:
            self._watch.cancel()
        if not self._greeted.done():
            self._greeted.set_exception(Unavailable("The local model ended.", code="local_model_crashed"))
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            message = "The local model stopped while it was answering."
            answer.fail(Unavailable(message, code="local_model_crashed", retry_after=1))

    def _deliver(self, told: Told) -> None:
        match told:
            case Ready():
                if not self._greeted.done():
                    self._greeted.set_result(told)
            case Stats():
                self.stats = told
            case Piece() | Ended():
                if told.id in self._answers:
                    self._answers[told.id].hear(events(told, self._name()))
            case Done() | Vectors():
                if (answer := self._answers.pop(told.id, None)) is not None:
                    answer.hear(events(told, self._name()), last=True)
            case Failed():
                if (answer := self._answers.pop(told.id, None)) is not None:
                    answer.fail(failure(told))
            case Leaving():
                self.leaving = True
                if not self._last:  # whoever dialled for this greeting may ask yet, or we would dial for ever
                    self._loop.call_later(FIRST_QUESTION, self._part)
                    return
        self._part()

    def _part(self) -> None:
        """Close once a process that is leaving owes us nothing: it ends with its last client."""
        if self.leaving and not self._answers and self._transport is not None:
            self._parted = True
            self._transport.close()

    def _name(self) -> str | None:
        return self.ready.name if self.ready else None

    def _write(self, data: bytes) -> None:
        if self._transport is not None and self.alive:
            self._transport.write(data)

    def _check(self) -> None:
        """Give a hung engine up: it works for us and has said nothing, not even its statistics, for `stall` seconds."""
        silent = self._loop.time() - self._heard
        self._watch = None
        if not self._answers:
            return
        stall = max(self._stall, self.ready.stall + GRACE if self.ready and self.ready.stall else 0.0)
        if silent >= stall:
            self.abort()
        else:
            self._watch = self._loop.call_later(stall - silent, self._check)


def _size(event: Event) -> int:
    """Characters that it holds."""
    arguments = len(event.tool.arguments) if event.tool is not None else 0
    return len(event.text) + len(event.reasoning) + arguments + len(bytes(event.logprobs))


def failure(told: Failed) -> ProviderError:
    """The engine's words in the error tree."""
    kinds: dict[int, type[ProviderError]] = {400: Rejected, 429: RateLimited}
    kind = kinds.get(told.status, Unavailable)
    return kind(told.message, status=told.status, code=told.code, param=told.param, retry_after=told.retry_after)
