"""What `/health/deep` says of the query classifier, under S2's names: model, cache, batch."""

from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from providers.engine.state import read
from providers.labelling.client import LabelClient
from proxy.config.classify import Classify
from proxy.doors.near_cache import NearCache
from proxy.doors.query_labels import SHIPPED, Head


class Counted(Protocol):
    """The shared cache's own figures: `proxy.doors.far_cache.FarCache`."""

    hits: int
    misses: int
    errors: int

    @property
    def available(self) -> bool: ...


class Checks(Struct, frozen=True):
    """What can be looked at; `client` None: no model is configured. Nothing here names a path or a secret."""

    settings: Classify
    socket: Path
    head: Head | None
    near: NearCache
    far: Counted | None = None
    client: LabelClient | None = None

    def __call__(self) -> dict[str, Any]:
        """The three checks, each with a `status`: healthy, loading, degraded or off."""
        return {"model": self._model(), "cache": self._cache(), "batch": self._batch()}

    @property
    def answers(self) -> str:
        """The name of the head that answers now; empty when none can."""
        ready = self.client.ready if self.client is not None else None
        return ready.name if ready is not None else SHIPPED if self.head is not None else ""

    def _model(self) -> dict[str, Any]:
        own = {"answers": self.answers or None, "shipped_version": self.head.version if self.head is not None else None}
        if self.client is None:
            there = self.head is not None
            return {"status": "healthy" if there else "degraded", "loaded": there, **own}
        ready, state = self.client.ready, read(self.socket)
        word = state.state if state is not None else "unknown"
        status = "healthy" if ready is not None else "loading" if word in ("idle", "loading", "unknown") else "degraded"
        found = {"status": status, "loaded": ready is not None, "device": self.settings.model_device, **own}
        if ready is not None:
            return found | {"version": ready.identity, "architecture": ready.architecture, "context": ready.context}
        return found | {"state": word, "progress": state.progress if state is not None else 0.0}

    def _cache(self) -> dict[str, Any]:
        near, asked = self.near, self.near.hits + self.near.misses
        l1 = {"entries": len(near), "size": near.size, "ttl_sec": near.ttl, "hits": near.hits, "misses": near.misses}
        l1["hit_rate"] = round(near.hits / asked, 4) if asked else 0.0
        if self.far is None:
            return {"status": "healthy", "l1": l1, "l2": {"status": "off"}}
        far = self.far
        l2 = {"status": "healthy" if far.available else "degraded", "hits": far.hits, "misses": far.misses}
        return {"status": l2["status"], "l1": l1, "l2": l2 | {"errors": far.errors}}

    def _batch(self) -> dict[str, Any]:
        found = {"max_size": self.settings.batch_max_size, "max_wait_ms": self.settings.batch_max_wait_ms}
        stats = self.client.stats if self.client is not None else None
        if stats is None:
            return {"status": "off" if self.client is None else "loading", **found}
        return {"status": "healthy", **found, "waiting": stats.waiting, "expected_wait_ms": 1000 * stats.expected_wait}
