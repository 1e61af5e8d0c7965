"""Real engines: a worker process on a unix socket, and what a test asks of it."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from providers.engine.client import Engine, LocalEngine
from providers.engine.connection import Answering
from providers.words import Call, Event, Message, Sent, View
from tests.doubles.ggufs import END

GREETING = [b"Hello", b" wor", b"ld", b"! \xe2", b"\x82", b"\xac", b" bye", END]
"""The `greeting` model's tokens: its answer is GREETED, one character of which is three tokens long."""
GREETED = "Hello world! € bye"
COUNTING = [b" one", b" two", b" three", b" four"]
"""The `counting` model's tokens: it never ends by itself."""
LONG = {"slots": 1, "context": 30_000}
"""Settings of an engine for an answer of ENDLESS tokens, which takes seconds: long enough to do something meanwhile."""
ENDLESS = 29_000


class Running:
    """A worker process and a client of it."""

    def __init__(self, process: asyncio.subprocess.Process, socket: Path, settings: Engine) -> None:
        self.process, self.socket, self.settings = process, socket, settings
        self.engine = LocalEngine(str(socket), settings, patience=0.2)

    async def ask(self, text: str = "hi", tenant: str = "key", **fields: Any) -> Answering:
        """Open an answer to one user message."""
        return await self.engine.open(call(text, **fields), Sent("local", tenant=tenant))

    async def kill(self, number: int = signal.SIGKILL) -> None:
        """End the process as a crash would, and see it gone."""
        self.process.send_signal(number)
        await self.process.wait()


Serve = Callable[..., Awaitable[Running]]
"""`await serve(model, slots=…)`: an engine that is ready."""


def call(text: str = "hi", **fields: Any) -> Call:
    """A chat call as a client would send it."""
    message = Message("user", text)
    body = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in fields.items()}
    return Call("chat", "chat", body, View("local", (message,), max_output=fields.get("max_tokens")), len(text))


async def said(answer: Answering) -> list[Event]:
    """All events of an answer."""
    return [event async for events in answer for event in events]


def spoken(events: list[Event]) -> str:
    """Their text."""
    return "".join(event.text for event in events)


async def start(socket: Path, settings: Engine) -> asyncio.subprocess.Process:
    """A worker process; its first line is still to be read."""
    words = settings.arguments(str(socket))
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
