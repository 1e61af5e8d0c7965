"""`classify:` and `doors:` in config.yaml: what answers `POST /v1/query-classify`, and for whom doors stand open."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from providers.endpoint import Secret
from providers.labelling.client import Device, Labeller
from providers.labelling.fetching import CONFIG

SOCKET = "_classifier"
"""The name of its process, which no provider can have."""
MODEL_PATH = "./models/router"
Share = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=10_000)]


class Classify(Struct, frozen=True, forbid_unknown_fields=True):
    """Most fields are also an environment variable of the same name in capitals: ENVIRONMENT.

    An answer of label 0 that is less sure than `confidence_threshold` becomes label 1. `model_path` is a folder with a
    two-label sequence classifier, `hf_model_id` a repository of the hub that is fetched at start where that folder
    holds none; with neither the shipped head answers. `model_device`: where it computes. `batch_max_size` texts and
    `batch_max_wait_ms` are for a usual load; they adapt from a quarter to twice the size and from half to one and a
    half of the wait. `deadline_ms`: later than that the shipped head answers instead. `cache_l1_size` entries (0: no
    cache) for `cache_l1_ttl_sec` in this process; with `redis_url` also there, for `cache_l2_ttl_sec`.
    """

    confidence_threshold: Share = 0.7
    model_path: str = MODEL_PATH
    model_device: Device = "cpu"
    hf_model_id: str = ""
    batch_max_size: Annotated[int, Meta(ge=1, le=1024)] = 32
    batch_max_wait_ms: Milliseconds = 10
    deadline_ms: Annotated[float, Meta(gt=0, le=60_000)] = 500
    cache_l1_size: Annotated[int, Meta(ge=0)] = 10_000
    cache_l1_ttl_sec: Annotated[float, Meta(gt=0)] = 300
    redis_url: Secret = Secret("")
    cache_l2_ttl_sec: Annotated[int, Meta(ge=1)] = 3600

    def labeller(self) -> Labeller | None:
        """The sequence classifier to serve; None where none is asked for, and none lies at the usual place."""
        there = (Path(self.model_path).expanduser() / CONFIG).is_file()
        if not (there or self.hf_model_id or self.model_path != MODEL_PATH):
            return None
        return Labeller(
            model=self.model_path,
            repository=self.hf_model_id,
            device=self.model_device,
            batch=self.batch_max_size,
            window=self.batch_max_wait_ms / 1000,
        )


class Doors(Struct, frozen=True, forbid_unknown_fields=True):
    """`anonymous_key` is the name of the key that callers without one are taken for; it must have a budget."""

    anonymous_key: str = ""


_NAMED = (
    *("confidence_threshold", "model_path", "model_device", "hf_model_id", "batch_max_size", "batch_max_wait_ms"),
    *("cache_l1_size", "cache_l1_ttl_sec", "redis_url"),
)
ENVIRONMENT = {name.upper(): ("classify", name) for name in _NAMED}
"""Environment variables without our prefix, and what they set."""
