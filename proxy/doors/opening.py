"""The doors of a configuration, opened over a runtime and closed at the end."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from litestar.types import ASGIApp
from msgspec import Struct

from providers.labelling.client import LabelClient
from proxy.config.classify import SOCKET
from proxy.config.schema import Config
from proxy.doors.checks import Checks
from proxy.doors.entrance import Entrance
from proxy.doors.near_cache import NearCache
from proxy.doors.query_classify import QueryClassify
from proxy.doors.query_labels import QueryLabels
from proxy.keys import Keyring
from proxy.places import socket_path
from proxy.runtime import Runtime
from proxy.watch.classified import Classified
from proxy.watch.metrics import Metrics
from routing.classifier.labels import Labels

if TYPE_CHECKING:
    from proxy.doors.far_cache import FarCache

_LOG = logging.getLogger("halfpenny")


class Opened(Struct, frozen=True):
    """ASGI apps by their paths, and what `/health` asks of them."""

    apps: dict[str, ASGIApp]
    checks: Checks


@asynccontextmanager
async def doors(
    config: Config, runtime: Runtime, keys: Keyring, run_folder: Path, metrics: Metrics, head: Labels | None
) -> AsyncIterator[Opened]:
    """Open what the configuration names. `head` None: the package's own cannot be read."""
    settings, counts, socket = config.classify, Classified(metrics), socket_path(run_folder, SOCKET)
    near = NearCache(settings.cache_l1_size, settings.cache_l1_ttl_sec, monotonic)
    labeller = settings.labeller()
    client = LabelClient(str(socket), labeller.stall) if labeller is not None else None
    far = _far(config, counts)
    counts.entries.set_function(lambda: len(near))
    labels = QueryLabels(head, near, counts, settings.deadline_ms / 1000, client, far)
    entrance = Entrance(runtime.authentication, keys, config.doors.anonymous_key, monotonic)
    door = QueryClassify(runtime, entrance, labels, settings.confidence_threshold, counts)
    checks = Checks(settings, socket, head, near, far, client)
    if client is not None:
        client.open()
    try:
        yield Opened({"/v1/query-classify": door}, checks)
    finally:
        if client is not None:
            await client.aclose()
        if far is not None:
            await far.aclose()


def _far(config: Config, counts: Classified) -> "FarCache | None":
    settings = config.classify
    if not settings.redis_url:
        return None
    try:
        from proxy.doors.far_cache import FarCache  # loads the client of Redis

        return FarCache(settings.redis_url.reveal(), settings.cache_l2_ttl_sec, monotonic, counts.failed)
    except (ImportError, ValueError) as error:
        _LOG.error("labels are kept in this process alone: %s", error)
        return None
