"""A whole Halfpenny in the test's own event loop: real sockets, a real ledger, configuration from YAML text.

The engine is not started here: it is a process of its own (`tests.doubles.engine`).
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import time_ns
from typing import Any

import apsw
import uvicorn
from msgspec import Struct

from proxy.app import LEDGER, new_id, opened
from proxy.config.load import parse
from proxy.config.schema import Config
from proxy.keys import FILE, KeyStore
from proxy.listening import bind
from proxy.money.journal import boot_id
from proxy.places import accountant_path
from proxy.protocol import protocol
from proxy.watch.logs import Log
from routing.budget import Allowance
from tests.doubles.offices import Office

PRICED = """
providers:
  up: {{dialect: openai, base_url: "{url}", credential: upstream-secret}}
models:
  paid: {{provider: up, upstream: upstream-1, price: {{input: $2.50, output: $10}}}}
"""
"""One scripted upstream with one model; `paid` costs 2 500 n$ a prompt token and 10 000 n$ an answer token."""
INPUT, OUTPUT = 2_500, 10_000
TWO = """
providers:
  first: {{dialect: openai, base_url: "{first}", credential: one}}
  second: {{dialect: openai, base_url: "{second}", credential: two}}
models:
  strong: {{provider: first, tier: strong, price: {{input: $2.50, output: $10}}}}
  cheap: {{provider: second, tier: medium, price: {{input: $0.15, output: $0.60}}}}
  gpt-4o: {{route: auto:best, ceiling: strong}}
"""
"""A strong and a cheap model at two scripted upstreams, and a name that routes between them."""


class House(Struct, frozen=True):
    """A running proxy: its address, a key for it, where its books are."""

    port: int
    key: str
    data: Path
    keys: KeyStore
    log: Path

    @property
    def url(self) -> str:
        """What a client names as `base_url`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def rows(self) -> list[dict[str, Any]]:
        """Every row of the ledger, oldest first."""
        db = apsw.Connection(str(self.data / LEDGER), flags=apsw.SQLITE_OPEN_READONLY)
        cursor = db.execute("SELECT * FROM rows ORDER BY id, k")
        names = [column[0] for column in cursor.get_description()] if (first := cursor.fetchone()) else []
        found = [dict(zip(names, row, strict=True)) for row in ([first, *cursor] if first else [])]
        db.close()
        return found


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the test's loop keeps its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def house(folder: Path, config: str, *, own: Allowance | None = None) -> AsyncIterator[House]:
    """Serve this configuration on a free port with a fresh data folder; one key, `tester`, with `own` as its limit."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    keys = KeyStore(data / FILE, time_ns)
    _, secret = keys.create("tester", own)
    lines = folder / "log.jsonl"
    fd = os.open(lines, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    log = Log(fd)
    listening = bind("127.0.0.1", 0)
    try:
        read = parse(config, {}, "test.yaml")
        async with _office(read, data, folder), opened(read, data, folder, log) as app, _served(app, listening):
            yield House(listening.getsockname()[1], secret, data, keys, lines)
    finally:
        await log.aclose()
        os.close(fd)
        keys.close()


@asynccontextmanager
async def _office(config: Config, data: Path, folder: Path) -> AsyncIterator[None]:
    """Of one who is said to be one of several workers, the accountant."""
    if config.server.workers == 1:
        yield
        return
    office = Office(data, accountant_path(folder), boot_id())
    await office.open()
    try:
        yield
    finally:
        await office.aclose()


@asynccontextmanager
async def _served(app: Any, listening: socket.socket) -> AsyncIterator[None]:
    options = uvicorn.Config(
        app,
        http=protocol(new_id),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(options)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
