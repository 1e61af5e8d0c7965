"""A sequence classifier's process: `python -m providers.labelling.worker --socket PATH --model FOLDER …`.

It speaks with the supervisor as `providers.engine.worker` does, and on its socket the same frames: texts are asked for
with `Embed`, and a text's vector is the probability of each label. Exit codes: 0 told to leave, 1 it hung, 2 this model
cannot be served as configured, 70 the hub cannot be reached now.
"""

import argparse
import os
import sys
import time
from typing import Any

import msgspec

from providers.engine.server import Server, Service
from providers.engine.vigil import Vigil
from providers.engine.worker import (
    CONFIGURATION,
    FAILURE,
    Control,
    Progress,
    die_first,
    die_with_parent,
    end_when_told,
    listening,
    say,
    tell,
)
from providers.labelling.client import Labeller
from providers.labelling.fetching import NoModel, Unreachable
from providers.labelling.service import LoadedLabeller

MISSING = (
    "a sequence classifier needs torch and transformers (its int8 export: onnxruntime): pip install 'halfpenny[train]'"
)


def main(argv: list[str]) -> int:
    """Serve until told to end; the exit code."""
    arguments = vars(parser().parse_args(argv))
    path, fd = arguments.pop("socket"), arguments.pop("fd")
    end_when_told()
    die_with_parent()
    die_first()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin on busy cores make it five times slower
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        given = {name: value for name, value in arguments.items() if value is not None}
        settings = msgspec.convert(given, Labeller, strict=False)
    except msgspec.ValidationError as error:
        return _failed(CONFIGURATION, str(error))
    return serve(path if fd is None else fd, settings)


def parser() -> argparse.ArgumentParser:
    """An option for every field of the settings."""
    made = argparse.ArgumentParser(prog="providers.labelling.worker", description=__doc__)
    where = made.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", help="where to listen; a file there is replaced")
    where.add_argument("--fd", type=int, help="a listening socket that is inherited; standard input commands")
    made.add_argument("--dialect", default="labels")
    for name in Labeller.__struct_fields__:
        made.add_argument(f"--{name.replace('_', '-')}", dest=name)
    return made


def serve(where: str | int, settings: Labeller) -> int:
    """Fetch and load the model, listen (at a path, or on a descriptor), serve; the exit code."""
    progress = Progress(settings.stall)
    say("loading", progress=0.0)
    try:
        loaded: Service[Any] = LoadedLabeller(settings, progress)
    except ImportError as missing:
        return _failed(CONFIGURATION, f"{MISSING} ({missing})")
    except NoModel as error:
        return _failed(CONFIGURATION, str(error))
    except Unreachable as error:
        return _failed(FAILURE, str(error))
    progress.done()
    server = Server(listening(where), loaded, Vigil(settings.stall, 0.0, time.monotonic), tell)
    if isinstance(where, int):
        server.attend(sys.stdin.fileno(), Control(server.leave, lambda: tell(loaded.scheduler.stats())))
    say("ready", socket=str(where), model=msgspec.structs.asdict(loaded.ready))
    server.run()
    return 0


def _failed(code: int, message: str) -> int:
    say("error", message=message)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
