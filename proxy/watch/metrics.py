"""Prometheus metrics, folded from records. Labels come from closed sets: the catalogue's names and our own words."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from proxy.money.ledger import Alert, LedgerUnavailable, Notice, Overrun
from proxy.record import Record, Tried
from routing.classifier.drift import EDGES, Drift

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_KINDS = ("input", "output", "cached", "reasoning")
NANO = 1e9


class Family:
    """A metric whose children are remembered by their labels: asking the library for one each time costs microseconds.

    The labels must come from a closed set.
    """

    def __init__(self, metric: Any) -> None:
        self._metric = metric
        self._children: dict[tuple[str, ...], Any] = {}

    def of(self, *labels: str) -> Any:
        """The child with these label values."""
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._metric.labels(*labels)
        return child


class Metrics:
    """Counters and histograms of one process."""

    def __init__(self, models: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self.requests = self.changes = 0
        self._models = frozenset(models)
        requests = "Requests by where they were answered, by which model, and whose fault their end was."
        self._requests = self._counter("requests", requests, "route", "model", "outcome")
        decisions = "What routing decided: the first choice's tier, the mode, and whether a better one was left out."
        self._decisions = self._counter("decisions", decisions, "tier", "mode", "degraded")
        self._tokens = self._counter(
            "tokens", "Tokens used; cached ones are input, reasoning is output.", "model", "kind"
        )
        self._cost = self._counter("cost_usd", "Money charged, in dollars.", "model")
        baseline = "What the same tokens would have cost without Halfpenny, in dollars."
        self._baseline = self._counter("baseline_usd", baseline, "model")
        self._alerts = self._counter("alerts", "Marks of budget rules that spending has passed.", "rule")
        overrun = "Money beyond the holds, which the operator pays, in dollars."
        self._overrun = Counter("halfpenny_overrun_usd", overrun, registry=self.registry)
        self._seconds = self._histogram("request_seconds", "Whole requests.")
        self._first = self._histogram("first_token_seconds", "Until the first token.")
        self._drift = Drift()
        moved = "PSI of what the classifier reads, against this process' first requests; above 0.25 they have changed."
        drift = Gauge("halfpenny_routing_drift", moved, ["feature"], registry=self.registry)
        for feature in EDGES:
            drift.labels(feature).set_function(partial(self._drift.psi, feature))

    def _counter(self, name: str, about: str, *labels: str) -> Family:
        return Family(Counter(f"halfpenny_{name}", about, labels, registry=self.registry))

    def _histogram(self, name: str, about: str) -> Family:
        return Family(Histogram(f"halfpenny_{name}", about, ["route"], registry=self.registry, buckets=_SECONDS))

    def holds(self, held: Callable[[], tuple[int, int]]) -> None:
        """Show what `held` says when asked: how many holds are open, and their nano-dollars."""
        count = Gauge("halfpenny_open_holds", "Attempts that hold money now.", registry=self.registry)
        count.set_function(lambda: _told(held, 0))
        money = Gauge("halfpenny_held_usd", "Money that running attempts hold, in dollars.", registry=self.registry)
        money.set_function(lambda: _told(held, 1) / NANO)

    def add(self, record: Record) -> None:
        """Fold one record in."""
        self.requests += 1
        self.changes += 1
        self._requests.of(record.route, self._known(record.model), record.fault).inc()
        self._seconds.of(record.route).observe(record.duration / NANO)
        if record.first_token is not None:
            self._first.of(record.route).observe(record.first_token / NANO)
        read, choice = record.opinion, record.choice
        if read.version:
            self._drift.add({"difficulty": read.difficulty, "confidence": read.confidence, "tokens": record.input})
        if choice.tier:
            self._decisions.of(choice.tier, choice.mode or "named", choice.degraded or "no").inc()
        for attempt in record.attempts:
            self._spent(attempt)

    def notice(self, notice: Notice) -> None:
        """Fold in what the ledger told. A rule is shown without its subject, which is a key's name."""
        self.changes += 1
        if isinstance(notice, Alert):
            self._alerts.of(notice.rule.partition("/")[0]).inc()
        elif isinstance(notice, Overrun):
            self._overrun.inc(notice.overrun / NANO)

    def _spent(self, attempt: Tried) -> None:
        model = self._known(attempt.model)
        for kind, count in zip(_KINDS, (attempt.input, attempt.output, attempt.cached, attempt.reasoning), strict=True):
            if count:
                self._tokens.of(model, kind).inc(count)
        if attempt.cost:
            self._cost.of(model).inc(attempt.cost / NANO)
        if attempt.baseline:
            self._baseline.of(model).inc(attempt.baseline / NANO)

    def _known(self, model: str) -> str:
        return model if model in self._models else "none"

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)


def _told(held: Callable[[], tuple[int, int]], place: int) -> float:
    try:
        return held()[place]
    except LedgerUnavailable:  # the other figures are wanted now more than ever
        return math.nan
