"""What the engine children say on their standard output, as states for the operator."""

import asyncio
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from proxy.config.schema import Local

FINAL = frozenset({2})
"""Exit codes after which starting again does not help: this model or configuration cannot be served."""
_FAILED = "NOT SERVED"


class _Line(Struct):
    """`python -m providers.engine.worker` writes one such object a line."""

    event: Literal["loading", "ready", "error"]
    progress: float = 0.0
    message: str = ""


class Watch:
    """How one engine is; `settled` is set once it is ready or has failed.

    `notice` gets a sentence when it fails, and, once it `speaks`, when it becomes ready.
    """

    def __init__(self, name: str, engine: Local, notice: Callable[[str], None]) -> None:
        self.name = name
        self.state = "loading"
        self.settled = asyncio.Event()
        self.speaks = False
        self._engine = engine
        self._notice = notice

    def hear(self, line: bytes) -> None:
        """One line of the engine's output."""
        try:
            said = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if said.event == "loading":
            self.state = f"loading, {said.progress:.0%} read"
            return
        self.state = f"ready, {self._engine.model}" if said.event == "ready" else f"{_FAILED}: {said.message}"
        if self.speaks or said.event == "error":
            self._notice(f"engine {self.name}: {self.state}")
        self.settled.set()

    def died(self, sentence: str) -> None:
        """The process ended, as this sentence says; what the engine itself said of it before is better."""
        if not self.state.startswith(_FAILED):
            self.state = f"{_FAILED}: {sentence}"
        self.settled.set()
        self._notice(sentence)
