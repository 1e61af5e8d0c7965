"""Asks the encoder's process for the vector of a text, within a deadline or not at all: nobody waits, nobody fails.

What is late is cancelled in the encoder. How many questions may be out at once follows what it can answer in time:
one more as answers come, half as many when one is late; the rest go on without it at once. One that is late again and
again is left alone for a while and then tried with one question, so that a stopped process costs next to nobody their
deadline and piles nothing up.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol

from providers.engine.frames import Embed, Ready
from providers.engine.line import Line
from providers.errors import HalfpennyError

Heard = Literal["heard", "late", "absent", "failed", "busy", "resting"]
"""What became of a question: it was answered; too late; there was nobody to ask; refused or lost; not asked, because
enough others were out, or because the last ones were late."""
TRIES, REST = 4, 1.0
"""Late answers in a row after which the encoder is left alone, and for how many seconds."""
FIRST, MOST = 2.0, 32.0
"""Questions that may be out at once: at first, and ever."""
TENANT = "halfpenny routing"
"""Whose turn it is in the encoder's queue; no key has such a name."""
_LOG = logging.getLogger("halfpenny")


class Vectors(Protocol):
    """Where vectors come from."""

    async def of(self, text: str) -> bytes | None: ...


class EncoderVectors:
    """Of the encoder that listens at `socket_path`, if it calls itself `encoder` and its vectors have `width` numbers.

    `deadline` in seconds; `told` hears what became of each question and how many seconds that took; `clock` is
    monotonic, in seconds.
    """

    def __init__(
        self,
        socket_path: str,
        stall: float,
        deadline: float,
        encoder: str,
        width: int,
        told: Callable[[Heard, float], None],
        clock: Callable[[], float],
    ) -> None:
        self._line = Line(socket_path, stall, patience=stall)
        self._deadline, self._encoder, self._width = deadline, encoder, width
        self._told, self._clock = told, clock
        self._dialling: asyncio.Task[None] | None = None
        self._late, self._resting = 0, -float("inf")
        self._out, self._most = 0, FIRST
        self._unfit = ""

    @property
    def ready(self) -> Ready | None:
        """The model that is served; None while there is no connection."""
        return self._line.ready

    def open(self) -> None:
        """Begin to connect, in the background; a question that finds nobody does the same."""
        if self._dialling is None or self._dialling.done():
            self._dialling = asyncio.get_running_loop().create_task(self._dial())

    async def of(self, text: str) -> bytes | None:
        """Little-endian float32 of length 1; None when there is none in time. Raises nothing but CancelledError."""
        began = self._clock()
        heard, vector = await self._asked(text, began)
        self._told(heard, self._clock() - began)
        return vector

    async def aclose(self) -> None:
        """Hang up."""
        if self._dialling is not None:
            self._dialling.cancel()
            await asyncio.wait([self._dialling])
        await self._line.aclose()

    async def _asked(self, text: str, now: float) -> tuple[Heard, bytes | None]:
        ready = self._line.ready
        if ready is None:
            self.open()
            return "absent", None
        if not self._fits(ready):
            return "failed", None
        if now < self._resting:
            return "resting", None
        if self._out >= int(self._most):
            return "busy", None
        if self._late >= TRIES:
            self._resting = now + REST  # whoever comes while this one is asked need not find out too
        self._out += 1
        try:
            async with asyncio.timeout(self._deadline):
                vector = await self._vector(text)
        except TimeoutError:
            self._was_late()
            return "late", None
        except HalfpennyError:
            return "failed", None
        finally:
            self._out -= 1
        self._late, self._resting = 0, -float("inf")
        self._most = min(MOST, self._most + 1 / self._most)
        return "heard", vector

    def _was_late(self) -> None:
        self._late += 1
        self._most = max(1.0, self._most / 2)
        if self._late >= TRIES:
            self._resting = self._clock() + REST

    async def _vector(self, text: str) -> bytes | None:
        answer = await self._line.ask(lambda id: Embed(id, TENANT, (text,)))
        found = [vector async for events in answer for event in events for vector in event.vectors or ()]
        return found[0] if found else None

    def _fits(self, ready: Ready) -> bool:
        """Whether the head was fitted to this model; the log says once when it was not."""
        if (ready.name, ready.width) == (self._encoder, self._width):
            return True
        if ready.identity != self._unfit:
            self._unfit = ready.identity
            why = "tier 1's head was fitted to %s (%d numbers), and the encoder is %s (%d): tier 0 goes on alone"
            _LOG.error(why, self._encoder, self._width, ready.name, ready.width)
        return False

    async def _dial(self) -> None:
        with suppress(HalfpennyError):
            await self._line.connect()
