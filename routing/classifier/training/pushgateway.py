"""Pushes how a training run goes to a Prometheus Pushgateway, grouped by its `run_id`. Never stops a run."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from prometheus_client import CollectorRegistry, Gauge, pushadd_to_gateway

JOB = "halfpenny_router_training"
METRICS: Mapping[str, str] = MappingProxyType(
    {
        "step": "Optimiser steps done.",
        "epoch": "Epochs begun.",
        "loss": "Loss of the newest step's batch.",
        "learning_rate": "Learning rate of the newest step.",
        "gradient_norm": "Norm of the gradient before it is cut.",
        "validation_loss": "Loss on the validation rows after the newest epoch.",
        "validation_accuracy": "Share of validation rows whose class was found.",
    }
)
"""Gauges, by the name after `halfpenny_training_`."""
PATIENCE = 5.0


class Pushgateway:
    """An empty `url` pushes nothing. What goes wrong is said once."""

    def __init__(self, url: str, run_id: str, say: Callable[[str], None]) -> None:
        self._url, self._run_id, self._say = url, run_id, say
        self._registry = CollectorRegistry()
        self._gauges = {
            name: Gauge(f"halfpenny_training_{name}", about, registry=self._registry) for name, about in METRICS.items()
        }
        self._complained = False

    def push(self, values: Mapping[str, float]) -> None:
        """These are the newest values."""
        if not self._url:
            return
        for name, value in values.items():
            if name in self._gauges:
                self._gauges[name].set(value)
        try:
            pushadd_to_gateway(self._url, JOB, self._registry, {"run_id": self._run_id}, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            if not self._complained:
                self._say(f"the Pushgateway at {self._url} cannot be reached ({error}); training goes on without it")
            self._complained = True
