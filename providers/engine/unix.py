"""A listening unix socket that only this user may use."""

import os
import socket
from pathlib import Path

BACKLOG = 1024
"""Connections that wait while no process takes them."""


def listen(path: Path) -> socket.socket:
    """Listen there; what was there is replaced. Raises OSError."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        listening.bind(str(path))
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    listening.listen(BACKLOG)
    return listening
