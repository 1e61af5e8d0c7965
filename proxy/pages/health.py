"""`GET /health`: whether the worker answers, which local models it reaches, and what it has counted."""

from collections.abc import Mapping

import msgspec

from proxy import __version__
from proxy.pages.page import Reply


def health(models: Mapping[str, Mapping[str, object]], requests: int) -> Reply:
    """One body for every monitor. `models` describes the local models that are loaded, by catalogue name."""
    shape = {
        "status": "healthy",
        "models_loaded": list(models),
        "gpu_available": False,
        "model_info": models,
        "statistics": {"request_count": requests},
        "version": __version__,
    }
    return Reply(msgspec.json.encode(shape))
