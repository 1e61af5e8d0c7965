"""A worker's connection to the accountant: one write a tick, answers by number, opened again when it breaks."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from providers.engine.frames import FrameError
from proxy.money.ledger import HoldEnded, LedgerUnavailable, UnknownHold
from proxy.money.remote.frames import (
    Asked,
    Done,
    Failed,
    Hello,
    Judged,
    Leave,
    Metered,
    Question,
    Welcome,
    answers,
    encode,
)

AGAIN = 0.05
"""Seconds between two tries to reach the accountant."""
PATIENCE = 1.0
"""Seconds for which an accountant that listens may say nothing; a question waits twice as long at most."""
AWAY, MUTE = "its accountant is away", "its accountant does not answer"
Number = Callable[[int], Question]


class Silent(LedgerUnavailable):
    """The accountant listens and says nothing: whether it will do what was asked is unknown."""


class Line(asyncio.Protocol):
    """`hello` is said on each new connection; `welcomed` hears the answer before anything else is asked."""

    def __init__(
        self,
        path: str,
        hello: Callable[[], Hello],
        welcomed: Callable[[Welcome], None],
        patience: float = PATIENCE,
    ) -> None:
        self._patience, self._old, self._silent = patience, 0, False
        self._watch: asyncio.TimerHandle | None = None
        self._path, self._hello, self._welcomed = path, hello, welcomed
        self._reader = answers()
        self._transport: asyncio.Transport | None = None
        self._raw: socket.socket | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._out: list[Asked] = []
        self._scheduled = False
        self._number = 0
        self._keeping: asyncio.Task[None] | None = None
        self.up = asyncio.Event()
        """Set while the accountant listens."""

    def open(self) -> None:
        """Connect, and again whenever it breaks, until `aclose`."""
        self._keeping = asyncio.get_running_loop().create_task(self._connect())

    async def aclose(self) -> None:
        """Write what waits and hang up."""
        if self._keeping is not None:
            self._keeping.cancel()
        self._keeping = None
        if self._watch is not None:
            self._watch.cancel()
        self._flush()
        if self._transport is not None:
            self._transport.close()
        self._lost()

    def alive(self) -> bool:
        """Whether the accountant has the other end at this very moment, as the kernel knows it."""
        if self._raw is None or not self.up.is_set():
            return False
        try:
            return self._raw.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def ask(self, question: Number) -> "asyncio.Future[Any]":
        """Ask, with a number of our own. The future raises what the ledger does, LedgerUnavailable when it is away."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not self.up.is_set() or self._silent:
            future.set_exception(LedgerUnavailable(MUTE if self._silent else AWAY))
            return future
        self._number += 1
        self._waiting[self._number] = future
        if self._watch is None:
            self._watch_from_now_on()
        self._say(question(self._number))
        return future

    def tell(self, leave: Leave) -> None:
        """Say what needs no answer; to nobody when the accountant is away."""
        if self.up.is_set():
            self._say(leave)

    def _watch_from_now_on(self) -> None:
        self._old = self._number + 1
        self._watch = asyncio.get_running_loop().call_later(self._patience, self._look)

    def _look(self) -> None:
        """Whoever waited at the last look waits no longer, and nobody begins to until something is heard again.

        One timer for all: most are answered at once.
        """
        self._watch = None
        for number in [number for number in self._waiting if number < self._old]:
            self._silent, future = True, self._waiting.pop(number)
            if not future.done():
                future.set_exception(Silent(MUTE))
        if self._waiting:
            self._watch_from_now_on()

    def _say(self, frame: Asked) -> None:
        self._out.append(frame)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        frames, self._out = self._out, []
        if frames and self._transport is not None:
            self._transport.write(encode(frames))

    async def _connect(self) -> None:
        while True:
            try:
                await asyncio.get_running_loop().create_unix_connection(lambda: self, self._path)
            except OSError:
                await asyncio.sleep(AGAIN)
            else:
                return

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self._transport = cast(asyncio.Transport, transport)
        self._raw = socket.fromfd(transport.get_extra_info("socket").fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
        self._reader = answers()
        self._transport.write(encode([self._hello()]))

    def data_received(self, data: bytes) -> None:
        """Each answer to who waits for it."""
        self._silent = False
        try:
            for told in self._reader.feed(data):
                if isinstance(told, Welcome):
                    self.up.set()
                    self._welcomed(told)
                else:
                    self._deliver(told)
        except FrameError:
            assert self._transport is not None
            self._transport.abort()

    def _deliver(self, told: Judged | Done | Metered | Failed) -> None:
        future = self._waiting.pop(told.n, None)
        if future is None or future.done():
            return
        if isinstance(told, Failed):
            future.set_exception(_error(told))
        else:
            future.set_result(told.value)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told; then try again."""
        self._silent = False
        self._lost()
        if self._keeping is not None:
            self.open()

    def _lost(self) -> None:
        self.up.clear()
        self._transport = None
        self._out.clear()
        if self._raw is not None:
            self._raw.close()
            self._raw = None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(LedgerUnavailable(AWAY))


def _error(failed: Failed) -> Exception:
    if failed.kind == "ended":
        return HoldEnded()
    if failed.kind == "unknown":
        return UnknownHold(failed.cause)
    return LedgerUnavailable(failed.cause) if failed.kind == "unavailable" else ValueError(failed.cause)
