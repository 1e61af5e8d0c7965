"""The engine as a Provider: one connection to the child process's unix socket carries every conversation.

The supervisor starts and restarts the process; here a closed socket is `Unavailable`, so a call that has not been
answered yet may be tried elsewhere. Light on purpose: the HTTP worker imports it.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, structs

from providers import foreign
from providers.base import unnoticed
from providers.engine.connection import Answering
from providers.engine.frames import Defaults, Options, Ready, Start, Stats
from providers.engine.line import Line, command
from providers.engine.process import Process
from providers.engine.request import options, turns
from providers.words import Call, Sent

DEMO = "demo"


class Engine(Process, tag="engine", tag_field="dialect", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The local engine in config.yaml, and what `python -m providers.engine.worker` takes as options.

    `model` is "demo", or the path, folder or pattern of any GGUF; `context` is tokens per conversation (None: what the
    model was trained for, at most 4096, less where memory is short); `batch` is tokens in one decode step: a long
    prompt delays the other conversations by no more than these; `kv_type` is how keys and values are kept; `queue` is
    how many wait at most, `queue_timeout` how long (seconds); `chat_template` overrides the file's own (Jinja text, or
    a path to it), `tools: hermes` gives a model tools whose template has no place for them; `max_output` is what a
    client gets who names no limit (tokens); `temperature` holds where the client names none (None: 0 for the demo
    model, else 0.8). The rest is every local process's (`Process`).
    """

    model: str = DEMO
    slots: Annotated[int, Meta(ge=1, le=256)] = 4
    context: Annotated[int, Meta(ge=16)] | None = None
    batch: Annotated[int, Meta(ge=16, le=8192)] = 256
    flash_attention: Literal["auto", "on", "off"] = "auto"
    kv_type: Literal["f16", "q8_0", "q4_0"] = "f16"
    queue: Annotated[int, Meta(ge=0)] = 32
    queue_timeout: Annotated[float, Meta(gt=0)] = 10.0
    chat_template: str | None = None
    tools: Literal["hermes"] | None = None
    max_output: Annotated[int, Meta(ge=1)] = 1024
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None

    def arguments(self, where: str | int) -> list[str]:
        """The worker's command line after the interpreter: `-m providers.engine.worker --socket …` (or `--fd …`)."""
        return command(self, where)

    def defaults(self) -> Defaults:
        """What holds where a client says nothing."""
        wild = 0.0 if self.model == DEMO else 0.8
        return Defaults(self.max_output, wild if self.temperature is None else self.temperature)


class LocalEngine:
    """A Provider over the engine that listens at `socket_path`.

    `patience`: seconds that a call waits for an engine that starts or starts again; then it is `Unavailable`.
    """

    def __init__(self, socket_path: str, settings: Engine, patience: float = 5.0) -> None:
        self._line = Line(socket_path, settings.stall, patience)
        self._defaults = settings.defaults()

    @property
    def ready(self) -> Ready | None:
        """The model that is being served; None while there is no connection."""
        return self._line.ready

    @property
    def defaults(self) -> Defaults:
        """What holds where a client says nothing: the running process's own, which may have been set otherwise."""
        ready = self._line.ready
        return ready.defaults if ready is not None and ready.defaults is not None else self._defaults

    @property
    def stats(self) -> Stats | None:
        """How busy the engine last said it is."""
        return self._line.stats

    async def open(self, call: Call, sent: Sent, begun: Callable[[], None] = unnoticed) -> Answering:
        """Send the call and wait until the model speaks.

        Raises CallerError (it asks what the engine cannot do), Rejected (too long, or refused by the chat template),
        RateLimited (`local_queue_full`) or Unavailable (`local_model_unavailable`, `local_model_crashed`).
        """
        dropped = foreign.dropped(call, None, ())
        said, defaults = turns(call), self.defaults
        asked = _options(call, sent, defaults)  # what is wrong with it is told before anybody is asked

        def start(id: int) -> Start:
            """By the defaults of the process that is asked: it may be another than when the call came."""
            now = self.defaults
            return Start(id, sent.tenant, said, asked if now == defaults else _options(call, sent, now))

        begun()
        answer = await self._line.ask(start)
        answer.dropped = dropped
        return answer

    async def aclose(self) -> None:
        """Close the connection; answers that are still open end with Unavailable."""
        await self._line.aclose()


def _options(call: Call, sent: Sent, defaults: Defaults) -> Options:
    """How to generate. Raises CallerError naming the field."""
    found = options(call, sent.max_output, defaults)
    return structs.replace(found, max_tokens=0) if call.task == "count" else found
