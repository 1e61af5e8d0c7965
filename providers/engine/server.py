"""The engine's socket: one thread that reads what is asked, decodes a step for everybody, and writes what is said.

Reading and writing never block, so that a slow client delays nobody: what it does not take is kept for it up to a
limit, then it is dropped. There is one write per step and connection.
"""

import selectors
import socket
import time
from typing import NoReturn

from providers.engine.engine import Loaded
from providers.engine.frames import Asked, Cancel, Failed, FrameError, FrameReader, Piece, Start, Told, encode
from providers.engine.loop import Job

READ = 256 * 1024
BACKLOG = 8 * 1024 * 1024
"""Bytes kept for a client that does not read; one more and it is dropped."""
STATS_EVERY = 1.0
"""Seconds between statistics while there is work; they are the heartbeat too."""


class Client:
    """One connection, and the conversations that it asked for."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.jobs: dict[int, Job[Client]] = {}
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


class Server:
    """Serves one model on a listening socket, until the process ends."""

    def __init__(self, listening: socket.socket, loaded: Loaded[Client]) -> None:
        self._loaded, self._scheduler = loaded, loaded.scheduler
        self._selector = selectors.DefaultSelector()
        self._listening = listening
        self._clients: set[Client] = set()
        self._told = 0.0
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ, None)

    def run(self) -> NoReturn:
        """Serve; returns never, raises EngineFailure when llama.cpp is broken beyond repair."""
        while True:
            self.turn()

    def turn(self) -> None:
        """One round: hear everybody (wait only when there is nothing to do), decode a step, tell everybody."""
        was_busy = self._scheduler.busy
        for key, _ in self._selector.select(0 if was_busy else None):
            if key.data is None:
                self._accept()
            else:
                self._hear(key.data)
        if self._scheduler.busy:
            for job, saying in self._scheduler.step():
                job.owner.said.append(saying)
                if not isinstance(saying, Piece):
                    job.owner.jobs.pop(job.id, None)
        self._add_stats(idle_now=was_busy and not self._scheduler.busy)
        for client in list(self._clients):
            self._flush(client)

    def _accept(self) -> None:
        try:
            sock, _ = self._listening.accept()
        except OSError:  # gone again, or no descriptor left: the listener stays
            return
        sock.setblocking(False)
        client = Client(sock)
        client.said += [self._loaded.ready, self._scheduler.stats()]
        self._clients.add(client)
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
        match asked:
            case Start():
                if asked.id in client.jobs:
                    raise FrameError("an id was used twice")
                job = self._loaded.submit(client, asked)
                if isinstance(job, Failed):
                    client.said.append(job)
                else:
                    client.jobs[asked.id] = job
            case Cancel():
                job_or_none = client.jobs.pop(asked.id, None)
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
        if client not in self._clients:
            return
        self._clients.remove(client)
        self._selector.unregister(client.socket)
        client.socket.close()
        for job in client.jobs.values():
            self._scheduler.cancel(job)

    def _add_stats(self, idle_now: bool) -> None:
        now = time.monotonic()
        if idle_now or (self._scheduler.busy and now - self._told >= STATS_EVERY):
            self._told = now
            stats = self._scheduler.stats()
            for client in self._clients:
                client.said.append(stats)
