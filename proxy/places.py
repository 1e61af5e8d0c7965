"""Where things lie: the data folder, which outlives a run, and the run folder, which holds one run's sockets."""

import fcntl
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

LONGEST_SOCKET = 104
"""Bytes of a unix socket's path that every system takes."""
_LOCK = "serve.lock"


class CannotStart(Exception):
    """Why nothing can be served; the message is one sentence for the operator, with what to do."""


def data_folder(environ: Mapping[str, str]) -> Path:
    """`HALFPENNY_DATA`, else `halfpenny` in the user's data folder; made with mode 0700. Raises CannotStart."""
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".local" / "share")
    folder = Path(environ.get("HALFPENNY_DATA") or Path(home) / "halfpenny").expanduser().absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        why = f"The data folder {folder} cannot be made: {error.strerror}."
        raise CannotStart(f"{why} Set HALFPENNY_DATA to a folder that can.") from None
    return folder


def lock(data: Path) -> int:
    """Take the data folder for this process and those that inherit the descriptor. Raises CannotStart if taken."""
    try:
        held = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be written: {error.strerror}.") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(held, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(held)
        why = f"Another halfpenny (process {owner}) serves with the data folder {data}."
        raise CannotStart(f"{why} Stop it, or set HALFPENNY_DATA to another folder.") from None
    os.truncate(held, 0)
    os.pwrite(held, str(os.getpid()).encode(), 0)
    return held


def run_folder(environ: Mapping[str, str]) -> Path:
    """A fresh folder of mode 0700 whose path is short enough for sockets in it."""
    wanted = environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    for parent in (wanted, "/tmp"):
        if len(os.fsencode(parent)) <= LONGEST_SOCKET - 64 and os.access(parent, os.W_OK | os.X_OK):
            return Path(tempfile.mkdtemp(prefix="halfpenny-", dir=parent))
    raise CannotStart(
        f"No run folder can be made in {wanted}. Set XDG_RUNTIME_DIR or TMPDIR to a short, writable path."
    )


def accountant_path(run: Path) -> Path:
    """Where the accountant listens: a name that no provider's socket has."""
    return run / "accountant"


def metrics_folder(run: Path) -> Path:
    """Where several processes write what they have counted."""
    return run / "metrics"


def socket_path(run: Path, provider: str) -> Path:
    """Where the engine of that provider listens."""
    return run / f"{provider}.sock"
