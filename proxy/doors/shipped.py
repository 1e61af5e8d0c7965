"""The labels' head that comes with the package, read once a process: asked directly, as routing's is, never by HTTP."""

import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from routing.classifier.labels import SHIPPED, Labels, load
from routing.classifier.topics import topics

_LOG = logging.getLogger("halfpenny")
_FIRST = "Hello"


def shipped(path: Path = SHIPPED, described: Mapping[str, str] | None = None) -> Labels | None:
    """The labels' head over the configured topics; None where the package is broken, and the log says why."""
    try:
        head = Labels(load(path, sha256(path.read_bytes()).hexdigest()[:12]), topics(described or {}))
    except (OSError, KeyError, ValueError) as error:
        _LOG.error("the query classifier's own head cannot be read: %s", error)
        return None
    head.read(_FIRST)  # the first reading is slow, and nobody should wait for it
    return head
