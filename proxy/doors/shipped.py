"""The labels' head that comes with the package, read once a process: asked directly, as routing's is, never by HTTP."""

import logging
from hashlib import sha256
from pathlib import Path

from routing.classifier.labels import SHIPPED, Labels, load

_LOG = logging.getLogger("halfpenny")
_FIRST = "Hello"


def shipped(path: Path = SHIPPED) -> Labels | None:
    """The labels' head; None where the package is broken, and the log says why."""
    try:
        head = Labels(load(path, sha256(path.read_bytes()).hexdigest()[:12]))
    except (OSError, KeyError, ValueError) as error:
        _LOG.error("the query classifier's own head cannot be read: %s", error)
        return None
    head.read(_FIRST)  # the first reading is slow, and nobody should wait for it
    return head
