"""How a local model's process is, in a small file beside its socket: the supervisor writes, the HTTP worker reads.

A file, because it is there while the process is not, costs nothing to read, and outlives nobody: it lies in the run
folder.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

Word = Literal["idle", "loading", "ready", "crashed", "open", "refused"]


class State(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """`state` is one of: idle (no process; the next request starts one), loading (`progress` is the share read), ready,
    crashed (starts again soon), open (crashed too often, or too little memory: left alone until `again`), refused (it
    cannot be served as configured).

    `since` and `again` are epoch seconds; `restarts` counts processes after the first, `crashes` those of them that
    followed a crash; `last_exit` says how the last process ended, `reason` why nothing is served. What it does now:
    `active`, `waiting` (requests), `tokens_per_second`.
    """

    state: Word
    model: str
    since: float
    pid: int | None = None
    progress: float = 0.0
    restarts: int = 0
    crashes: int = 0
    last_exit: str | None = None
    reason: str | None = None
    again: float | None = None
    active: int = 0
    waiting: int = 0
    tokens_per_second: float = 0.0


_DECODER = msgspec.json.Decoder(State)


def beside(socket: Path) -> Path:
    """Where the state of the process with that socket is written."""
    return socket.with_suffix(".json")


def write(socket: Path, state: State) -> None:
    """Replace the file in one step. Raises OSError."""
    path = beside(socket)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(state))
    os.replace(fresh, path)


def read(socket: Path) -> State | None:
    """What was written last; None where no supervisor writes."""
    try:
        return _DECODER.decode(beside(socket).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
