"""The supervisor: one small process that starts the engines and the HTTP worker, restarts what dies, ends what is left.

It imports nothing heavy. The listening socket is its own, so that connections wait while a worker is replaced.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from msgspec import Struct

from proxy import banner
from proxy.child import Program
from proxy.config.load import load
from proxy.config.reloading import reload
from proxy.config.report import ConfigError
from proxy.config.schema import Config, processes
from proxy.crew import Crew
from proxy.engines import Keeper
from proxy.listening import address, bind, url
from proxy.places import lock, run_folder, socket_path

GRACE = 3.0
"""Seconds beyond the drain, and after a second signal, until a child is killed."""
_WORKER = "the HTTP worker"
_ENGINES_WAIT = 10.0
"""Seconds that the banner waits for engines; a larger model is announced when it is loaded."""


class Serving(Struct, frozen=True, kw_only=True):
    """What to serve. `key` is for the banner's curl, None prints none; `worker` is the module that serves HTTP,
    `accountant` the one that keeps the ledger of several workers."""

    config: Config
    config_path: Path
    data: Path
    environ: Mapping[str, str]
    key: str | None = None
    worker: str = "proxy.worker"
    accountant: str = "proxy.accountant"


def serve(serving: Serving, out: TextIO) -> int:
    """Serve until a signal; 0 after a clean end, 1 when the worker could not start. Raises CannotStart.

    The banner goes to `out`; what goes wrong later is told on standard error.
    """
    with contextlib.ExitStack() as stack:
        # The worker inherits the lock: no second server may open the ledger while this one's last answers are settled.
        held = lock(serving.data)
        stack.callback(os.close, held)
        listening = stack.enter_context(bind(serving.config.server.host, serving.config.server.port))
        run = run_folder(serving.environ)
        stack.callback(shutil.rmtree, run, ignore_errors=True)
        return asyncio.run(Supervisor(serving, out, run, listening, held).run())


class Supervisor:
    """The children of one run."""

    def __init__(self, serving: Serving, out: TextIO, run: Path, listening: socket.socket, held: int) -> None:
        self._serving = serving
        self._out = out
        self._run = run
        self._listening = listening
        self._signals: asyncio.Queue[int] = asyncio.Queue()
        self._engines = {
            name: Keeper(name, provider, socket_path(run, name), serving.environ, self._notice)
            for name, provider in processes(serving.config).items()
        }
        self._swaps: set[asyncio.Task[None]] = set()
        several = serving.config.server.workers > 1
        names = [f"HTTP worker {n + 1}" for n in range(serving.config.server.workers)] if several else [_WORKER]
        workers = [self._program(name, serving.worker, (listening.fileno(), held)) for name in names]
        accountant = (
            self._program("the accountant", serving.accountant, (held,))
            if several and not serving.config.store.redis
            else None
        )
        self._worker = Crew(workers, accountant, self._notice)

    async def run(self) -> int:
        """Start all, wait for the end of the worker or a signal, end all."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signals.put_nowait, number)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        engines = [asyncio.create_task(engine.run()) for engine in self._engines.values()]
        worker = asyncio.create_task(self._worker.run())
        greeting = asyncio.create_task(self._greet())
        told = asyncio.create_task(self._signals.get())
        await asyncio.wait([worker, told], return_when=asyncio.FIRST_COMPLETED)
        failed = worker.done()
        if not failed:
            await self._end(worker)
        for task in (greeting, told):
            task.cancel()
        await self._end_engines(engines)
        return 1 if failed or worker.result() not in (0, -signal.SIGTERM) else 0

    async def _end(self, worker: asyncio.Task[int]) -> None:
        """Drain; a second signal shortens it; then kill."""
        self._notice("ending: running answers may finish; a second signal ends them now")
        self._worker.stop(signal.SIGTERM)
        again = asyncio.create_task(self._signals.get())
        drain = self._serving.config.server.drain + GRACE
        await asyncio.wait([worker, again], timeout=drain, return_when=asyncio.FIRST_COMPLETED)
        if again.done():
            self._worker.stop(signal.SIGTERM)
            await asyncio.wait([worker], timeout=GRACE)
        again.cancel()
        if not worker.done():
            self._worker.stop(signal.SIGKILL)
            await worker

    def _reload(self) -> None:
        """SIGHUP: read the configuration again, swap the engines whose settings changed, and tell what waits."""
        try:
            config = load(self._serving.config_path, self._serving.environ)
        except ConfigError as error:
            self._notice(f"the configuration is not read again, what was served still is: {error}")
            return
        now = {name: engine.wanted for name, engine in self._engines.items()}
        found = reload(self._serving.config, now, config)
        self._notice(f"configuration read again: {', '.join(found.swaps) or 'no engine'} changes")
        if found.waiting:
            self._notice(
                f"what changes with the next start alone, until then it is as before: {', '.join(found.waiting)}"
            )
        for name, settings in found.swaps.items():
            self._swaps.add(task := asyncio.create_task(self._engines[name].swap(settings)))
            task.add_done_callback(self._swaps.discard)

    async def _end_engines(self, tasks: list[asyncio.Task[None]]) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for engine in self._engines.values():
                engine.stop(number)
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE)

    async def _greet(self) -> None:
        """Print the banner when the worker answers and the engines are ready, have failed, or take long."""
        host, port = address(self._listening)
        await answering(host, port)
        self._worker.proven()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENGINES_WAIT):
                await asyncio.gather(*(engine.settled.wait() for engine in self._engines.values()))
        serving = self._serving
        facts = banner.Facts(
            url=url(host, port),
            config_path=serving.config_path,
            data=serving.data,
            key=serving.key,
            engines={name: engine.text() for name, engine in self._engines.items()},
        )
        print(banner.text(serving.config, facts), file=self._out, flush=True)
        for engine in self._engines.values():
            engine.speaks = True

    def _program(self, name: str, module: str, fds: tuple[int, ...]) -> Program:
        """A worker, whose first descriptor is the listening socket, or the accountant, which has the lock alone."""
        serving = self._serving
        places = {"--config": serving.config_path, "--data": serving.data, "--run-folder": self._run}
        words = ["-m", module, *(("--fd", str(fds[0])) if module == serving.worker else ())]
        for option, place in places.items():
            words += [option, str(place)]
        return Program(name=name, words=words, environ=serving.environ, fds=fds, trial=True)

    def _notice(self, sentence: str) -> None:
        print(f"halfpenny: {sentence}", file=sys.stderr, flush=True)


async def answering(host: str, port: int) -> None:
    """Return once the worker answers; one that dies with our question is asked again."""
    while True:
        if await answers(host, port):
            return
        await asyncio.sleep(0.05)


async def answers(host: str, port: int) -> bool:
    """Whether GET /health is answered with 200 within some seconds; it waits in the backlog for the first worker."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                return (await reader.readline()).startswith(b"HTTP/1.1 200")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
