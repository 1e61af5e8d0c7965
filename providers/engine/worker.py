"""A model's process: `python -m providers.engine.worker --socket PATH [--dialect engine|encoder] [--model PATH …]`.

It says on stdout, one JSON object a line: any number of `{"event":"loading","progress":0.5}`, then
`{"event":"ready",…}` once the socket takes connections, `{"event":"stats",…}` now and then, or
`{"event":"error","message":…}`. SIGTERM and SIGINT end it. Exit codes: 0 it was idle for long or told to leave, 1 it
hung, 2 this configuration or model cannot be served (starting again does not help), 70 llama.cpp failed, 75 there is
too little memory now.

With `--fd N` instead of `--socket` it serves on a listening socket that it inherits, and obeys lines on its standard
input: `ping` asks for its statistics, `leave` lets it finish its answers and end.
"""

import argparse
import ctypes
import faulthandler
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from providers.engine.client import Engine
from providers.engine.encoder_client import Encoder
from providers.engine.frames import Stats
from providers.engine.unix import listen
from providers.engine.vigil import Vigil
from providers.tiktokens import FOLDER

if TYPE_CHECKING:
    from providers.engine.server import Service

YOUNG_OBJECTS = 20_000
"""New objects until the cycle collector looks, which otherwise does so several times a second and finds nothing."""
CONFIGURATION, FAILURE, MEMORY = 2, 70, 75
PR_SET_PDEATHSIG = 1
LOADING = 10.0
PROGRESS_EVERY = 0.5
"""Seconds between two lines of progress."""


def main(argv: list[str]) -> int:
    """Serve until told to end; the exit code."""
    arguments = vars(parser().parse_args(argv))
    path, fd = arguments.pop("socket"), arguments.pop("fd")
    end_when_told()
    die_with_parent()
    die_first()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # libgomp reads it when it is loaded, which is below
    try:
        given = {name: value for name, value in arguments.items() if value is not None}
        settings = msgspec.convert(given, Engine | Encoder, strict=False)
    except msgspec.ValidationError as error:
        return _fail(CONFIGURATION, str(error))
    return serve(path if fd is None else fd, settings)


def parser() -> argparse.ArgumentParser:
    """An option for every field of the settings, so that the command line and config.yaml cannot differ."""
    made = argparse.ArgumentParser(prog="providers.engine.worker", description="Serve one GGUF on a unix socket.")
    where = made.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", help="where to listen; a file there is replaced")
    where.add_argument("--fd", type=int, help="a listening socket that is inherited; standard input commands")
    made.add_argument("--dialect", default="engine", help="engine: conversations; encoder: embeddings")
    for name in dict.fromkeys((*Engine.__struct_fields__, *Encoder.__struct_fields__)):
        made.add_argument(f"--{name.replace('_', '-')}", dest=name)
    return made


def serve(where: str | int, settings: Engine | Encoder) -> int:
    """Load the model, listen (at a path, or on a descriptor), serve; the exit code."""
    from providers.engine.fitting import DoesNotFit
    from providers.engine.llama import EngineFailure, ModelError  # loads llama.cpp, after the environment is set
    from providers.engine.server import Server
    from providers.engine.template import TemplateError

    try:
        progress = Progress(settings.stall)
        loaded = load(settings, progress)
        progress.done()
        vigil = Vigil(max(settings.stall, loaded.ready.stall), settings.idle_unload, time.monotonic)
        server = Server(listening(where), loaded, vigil, tell)
        if isinstance(where, int):
            server.attend(sys.stdin.fileno(), Control(server.leave, lambda: tell(loaded.scheduler.stats())))
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        say("ready", socket=str(where), model=msgspec.structs.asdict(loaded.ready))
        server.run()
    except DoesNotFit as error:
        return _fail(MEMORY, str(error))
    except (ModelError, TemplateError) as error:
        return _fail(CONFIGURATION, str(error))
    except EngineFailure as error:
        return _fail(FAILURE, str(error))
    return 0


def load(settings: Engine | Encoder, progress: "Progress") -> "Service[Any]":
    """The model, for what it is configured to do. Raises ModelError or TemplateError."""
    from providers.engine.encoder import LoadedEncoder
    from providers.engine.engine import Loaded
    from providers.engine.machine import available_memory

    if isinstance(settings, Encoder):
        folders = [Path(each) for each in (settings.vocabularies, os.environ.get("TIKTOKEN_CACHE_DIR"), FOLDER) if each]
        return LoadedEncoder(settings, progress, available_memory(), folders)
    return Loaded(settings, progress, available_memory())


def listening(where: str | int) -> socket.socket:
    """The socket to serve on. Exits with 2 where there can be none."""
    try:
        return listen(Path(where)) if isinstance(where, str) else socket.socket(fileno=where)
    except OSError as error:
        raise SystemExit(_fail(CONFIGURATION, f"cannot listen at {where}: {error.strerror or error}")) from error


class Control:
    """Reads commands from standard input; its end is the end of whoever started us."""

    def __init__(self, leave: Callable[[], None], tell: Callable[[], None]) -> None:
        self._obey = {b"leave": leave, b"ping": tell}

    def __call__(self) -> None:
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            os._exit(0)
        for word in data.split():
            self._obey[word]()


def die_with_parent() -> None:
    """Linux: be killed when the thread that started us ends, and end now if it has already."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(0)


def end_when_told() -> None:
    """Let the system end this process at once: there is nothing to save.

    Python's own handlers wait for the interpreter, and one that comes just before a wait for clients is not seen.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def die_first() -> None:
    """Linux: when memory runs out, end this process and not the proxy."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def say(event: str, **fields: Any) -> None:
    """One line for the supervisor; one that listens no more is no reason to stop."""
    with suppress(BrokenPipeError):
        sys.stdout.write(msgspec.json.encode({"event": event, **fields}).decode() + "\n")
        sys.stdout.flush()


def tell(stats: Stats) -> None:
    """How busy it is, for the supervisor."""
    say("stats", **msgspec.structs.asdict(stats))


class Progress:
    """Says how far a slow load is, and ends the process when nothing moves for LOADING times `stall` seconds."""

    def __init__(self, stall: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._patience = clock, LOADING * stall
        self._said = clock()
        self._arm()

    def done(self) -> None:
        """It is loaded."""
        faulthandler.cancel_dump_traceback_later()

    def _arm(self) -> None:
        if self._patience:
            faulthandler.dump_traceback_later(self._patience, exit=True)

    def __call__(self, share: float) -> bool:
        now = self._clock()
        if now - self._said >= PROGRESS_EVERY:
            self._said = now
            self._arm()
            say("loading", progress=round(share, 2))
        return True


def _fail(code: int, message: str) -> int:
    say("error", message=message)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
