"""The engine's socket: one thread that reads what is asked, decodes a step for everybody, and writes what is said.

Reading and writing never block, so that a slow client delays nobody: what it does not take is kept for it up to a
limit, then it is dropped. There is one write per step and connection.
"""

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from providers.engine.frames import (
    Asked,
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
    encode,
)
from providers.engine.vigil import Vigil

READ = 256 * 1024
BACKLOG = 8 * 1024 * 1024
"""Bytes kept for a client that does not read; one more and it is dropped."""
STATS_EVERY = 1.0
"""Seconds between statistics while there is work; they are the heartbeat too, and come at once when a queue changes."""


class Client:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.said: list[Told] = []
        self._frames: FrameReader[Asked] = FrameReader(Asked)
        self._unsent = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether bytes are left that the socket did not take."""
        return bool(self._unsent)

    def read(self) -> list[Asked]:
        """What the client asks. Raises OSError, or FrameError; both end the connection."""
        data = self.socket.recv(READ)
        if not data:
            raise ConnectionResetError
        return self._frames.feed(data)

    def flush(self) -> None:
        """Write what was said, in one go. Raises OSError when the client is gone or takes nothing for too long."""
        self._unsent += encode(self.said)
        self.said.clear()
        if not self._unsent:
            return
        try:
            del self._unsent[: self.socket.send(self._unsent)]
        except BlockingIOError:
            if len(self._unsent) > BACKLOG:
                raise ConnectionResetError from None


class Work(Protocol):
    """What was asked for and is not yet done."""

    @property
    def owner(self) -> Client: ...

    @property
    def id(self) -> int: ...


J = TypeVar("J", bound=Work)


class Scheduling(Protocol[J]):
    """Takes all work on by steps; a step never waits."""

    @property
    def busy(self) -> bool: ...

    @property
    def due(self) -> float: ...  # in so many seconds the next step should be taken, if there is one

    def step(self) -> Sequence[tuple[J, Told]]: ...

    def cancel(self, job: J) -> None: ...

    def stats(self) -> Stats: ...


class Service(Protocol[J]):
    """A loaded model: for conversations (`engine.Loaded`) or for vectors (`encoder.LoadedEncoder`)."""

    @property
    def ready(self) -> Ready: ...

    @property
    def scheduler(self) -> Scheduling[J]: ...

    def submit(self, owner: Client, asked: Start | Embed) -> J | Failed | Done: ...


class Server(Generic[J]):
    """Serves one model on a listening socket, until the process ends."""

    def __init__(
        self,
        listening: socket.socket,
        loaded: Service[J],
        vigil: Vigil | None = None,
        report: Callable[[Stats], None] = lambda _stats: None,
    ) -> None:
        self._loaded, self._scheduler = loaded, loaded.scheduler
        self._jobs: dict[Client, dict[int, J]] = {}
        self._selector = selectors.DefaultSelector()
        self._listening = listening
        self._vigil = vigil or Vigil(None, 0, time.monotonic)
        self._report = report
        self._leaving = False
        self._told, self._waiting = 0.0, 0
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Serve until the last client has gone after `leave`. Raises EngineFailure when llama.cpp is broken."""
        while self._jobs or not self._leaving:
            self.turn()

    def leave(self) -> None:
        """Take no more connections, and ask the clients to go; what they have asked for is still answered."""
        if not self._leaving:
            self._leaving = True
            self._vigil.retire()
            self._selector.unregister(self._listening)
            for client in self._jobs:
                client.said.append(Leaving())

    def attend(self, fd: int, hear: Callable[[], None]) -> None:
        """Call `hear` whenever this descriptor can be read."""
        self._selector.register(fd, selectors.EVENT_READ, hear)

    def turn(self) -> None:
        """One round: hear everybody (wait only when there is nothing to do), decode a step, tell everybody."""
        was_busy = self._scheduler.busy
        found = self._selector.select(self._vigil.rest(self._scheduler.due if was_busy else None))
        self._vigil.work()
        for key, _ in found:
            if key.data is None:
                self._accept()
            elif isinstance(key.data, Client):
                self._hear(key.data)
            else:
                key.data()
        if not found and self._vigil.tired:
            self.leave()
        if self._scheduler.busy and not self._scheduler.due:
            for job, saying in self._scheduler.step():
                job.owner.said.append(saying)
                if not isinstance(saying, Piece | Ended):
                    self._jobs[job.owner].pop(job.id, None)
        self._add_stats(idle_now=was_busy and not self._scheduler.busy)
        for client in list(self._jobs):
            self._flush(client)

    def _accept(self) -> None:
        try:
            sock, _ = self._listening.accept()
        except OSError:  # gone again, or no descriptor left: the listener stays
            return
        sock.setblocking(False)
        client = Client(sock)
        client.said += [self._loaded.ready, self._scheduler.stats()]
        self._jobs[client] = {}
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _hear(self, client: Client) -> None:
        try:
            for asked in client.read():
                self._obey(client, asked)
        except BlockingIOError:
            return
        except (OSError, FrameError):
            self._drop(client)

    def _obey(self, client: Client, asked: Asked) -> None:
        jobs = self._jobs[client]
        match asked:
            case Start() | Embed():
                if asked.id in jobs:
                    raise FrameError("an id was used twice")
                job = self._loaded.submit(client, asked)
                if isinstance(job, Failed | Done):
                    client.said.append(job)
                else:
                    jobs[asked.id] = job
            case Cancel():
                job_or_none = jobs.pop(asked.id, None)
                if job_or_none is not None:
                    self._scheduler.cancel(job_or_none)

    def _flush(self, client: Client) -> None:
        waited = client.waiting
        try:
            client.flush()
        except OSError:
            self._drop(client)
            return
        if client.waiting != waited:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.waiting else 0)
            self._selector.modify(client.socket, events, client)

    def _drop(self, client: Client) -> None:
        jobs = self._jobs.pop(client, None)
        if jobs is None:
            return
        self._selector.unregister(client.socket)
        client.socket.close()
        for job in jobs.values():
            self._scheduler.cancel(job)

    def _add_stats(self, idle_now: bool) -> None:
        now, stats = time.monotonic(), self._scheduler.stats()
        due = self._scheduler.busy and now - self._told >= STATS_EVERY
        if idle_now or due or stats.waiting != self._waiting:
            self._told, self._waiting = now, stats.waiting
            self._report(stats)
            for client in self._jobs:
                client.said.append(stats)
