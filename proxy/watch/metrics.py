"""Prometheus metrics, folded from records. Labels come from closed sets: the catalogue's names and our own words."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from proxy.record import Record

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """Counters and histograms of one process."""

    def __init__(self, models: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self.requests = 0
        self._models = frozenset(models)
        self._requests = Counter(
            "halfpenny_requests", "Requests answered.", ["route", "model", "outcome"], registry=self.registry
        )
        self._tokens = Counter("halfpenny_tokens", "Tokens used.", ["model", "kind"], registry=self.registry)
        self._cost = Counter("halfpenny_cost_usd", "Money charged, in dollars.", ["model"], registry=self.registry)
        self._seconds = Histogram(
            "halfpenny_request_seconds", "Whole requests.", ["route"], registry=self.registry, buckets=_SECONDS
        )
        self._first = Histogram(
            "halfpenny_first_token_seconds",
            "Until the first token.",
            ["route"],
            registry=self.registry,
            buckets=_SECONDS,
        )

    def add(self, record: Record) -> None:
        """Fold one record in."""
        self.requests += 1
        model = record.model if record.model in self._models else "none"
        self._requests.labels(record.route, model, _outcome(record.status)).inc()
        self._seconds.labels(record.route).observe(record.duration / 1e9)
        if record.first_token is not None:
            self._first.labels(record.route).observe(record.first_token / 1e9)
        if record.input or record.output:
            self._tokens.labels(model, "input").inc(record.input)
            self._tokens.labels(model, "output").inc(record.output)
        if record.cost:
            self._cost.labels(model).inc(record.cost / 1e9)

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)


def _outcome(status: int) -> str:
    """A closed set: ok, caller (4xx), left (499), provider (5xx)."""
    if status < 400:
        return "ok"
    if status == 499:
        return "left"
    return "caller" if status < 500 else "provider"
