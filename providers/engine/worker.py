"""A model's process: `python -m providers.engine.worker --socket PATH [--dialect engine|encoder] [--model PATH …]`.

It says on stdout, one JSON object a line: any number of `{"event":"loading","progress":0.5}`, then
`{"event":"ready",…}` once the socket takes connections, or `{"event":"error","message":…}`. Exit codes: 0 it was told
to end (SIGTERM, SIGINT), 2 this configuration or model cannot be served (starting again does not help), 70 llama.cpp
failed.
"""

import argparse
import ctypes
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

if TYPE_CHECKING:
    from providers.engine.server import Service

CONFIGURATION, FAILURE = 2, 70
PR_SET_PDEATHSIG = 1
PROGRESS_EVERY = 0.5
"""Seconds between two lines of progress."""


def main(argv: list[str]) -> int:
    """Serve until told to end; the exit code."""
    arguments = vars(parser().parse_args(argv))
    path = Path(arguments.pop("socket"))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    die_with_parent()
    die_first()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # libgomp reads it when it is loaded, which is below
    try:
        given = {name: value for name, value in arguments.items() if value is not None}
        settings = msgspec.convert(given, Engine | Encoder, strict=False)
    except msgspec.ValidationError as error:
        return _fail(CONFIGURATION, str(error))
    return serve(path, settings)


def parser() -> argparse.ArgumentParser:
    """An option for every field of the settings, so that the command line and config.yaml cannot differ."""
    made = argparse.ArgumentParser(prog="providers.engine.worker", description="Serve one GGUF on a unix socket.")
    made.add_argument("--socket", required=True, help="where to listen; a file there is replaced")
    made.add_argument("--dialect", default="engine", help="engine: conversations; encoder: embeddings")
    for name in dict.fromkeys((*Engine.__struct_fields__, *Encoder.__struct_fields__)):
        made.add_argument(f"--{name.replace('_', '-')}", dest=name)
    return made


def serve(path: Path, settings: Engine | Encoder) -> int:
    """Load the model, listen, serve; the exit code."""
    from providers.engine.llama import EngineFailure, ModelError  # loads llama.cpp, after the environment is set
    from providers.engine.server import Server
    from providers.engine.template import TemplateError

    try:
        loaded = load(settings)
        server = Server(listen(path), loaded)
        say("ready", socket=str(path), model=msgspec.structs.asdict(loaded.ready))
        server.run()
    except (ModelError, TemplateError) as error:
        return _fail(CONFIGURATION, str(error))
    except EngineFailure as error:
        return _fail(FAILURE, str(error))


def load(settings: Engine | Encoder) -> "Service[Any]":
    """The model, for what it is configured to do. Raises ModelError or TemplateError."""
    from providers.engine.encoder import LoadedEncoder
    from providers.engine.engine import Loaded
    from providers.engine.machine import available_memory

    if isinstance(settings, Encoder):
        return LoadedEncoder(settings, Progress(), available_memory())
    return Loaded(settings, Progress(), available_memory())


def listen(path: Path) -> socket.socket:
    """A listening unix socket that only this user may use. Exits with 2 where there can be none."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        listening.bind(str(path))
    except OSError as error:
        raise SystemExit(_fail(CONFIGURATION, f"cannot listen at {path}: {error.strerror or error}")) from error
    finally:
        os.umask(before)
    listening.listen(64)
    return listening


def die_with_parent() -> None:
    """Linux: be killed when the thread that started us ends, and end now if it has already."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(0)


def die_first() -> None:
    """Linux: when memory runs out, end this process and not the proxy."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def say(event: str, **fields: Any) -> None:
    """One line for the supervisor; one that listens no more is no reason to stop."""
    with suppress(BrokenPipeError):
        sys.stdout.write(msgspec.json.encode({"event": event, **fields}).decode() + "\n")
        sys.stdout.flush()


class Progress:
    """Says how far a slow load is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said = clock()

    def __call__(self, share: float) -> bool:
        now = self._clock()
        if now - self._said >= PROGRESS_EVERY:
            self._said = now
            say("loading", progress=round(share, 2))
        return True


def _fail(code: int, message: str) -> int:
    say("error", message=message)
    return code


def _end(_number: int, _frame: object) -> None:
    """End now: an exception would be lost inside a callback of llama.cpp, and there is nothing to save."""
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
