"""Metrics of tier 1: how often the encoder was asked for a vector, and how often it was late or absent."""

from typing import get_args

from prometheus_client import Counter, Histogram

from proxy.vectors import Heard
from proxy.watch.metrics import Family, Metrics

_SECONDS = (0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 1)


class Encoded:
    """Counters beside those of requests."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        registry = metrics.registry
        asked = "Questions of routing to its encoder, by what became of them; tier 0 decides alone where none was."
        self._asked = Family(Counter("halfpenny_routing_encoder", asked, ["outcome"], registry=registry))
        seconds = "Vectors that came in time."
        self._seconds = Histogram("halfpenny_routing_encoder_seconds", seconds, registry=registry, buckets=_SECONDS)
        for outcome in get_args(Heard):
            self._asked.of(outcome)

    def told(self, outcome: Heard, seconds: float) -> None:
        """A question is over."""
        self._metrics.changes += 1
        self._asked.of(outcome).inc()
        if outcome == "heard":
            self._seconds.observe(seconds)
