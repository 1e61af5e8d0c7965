"""Metrics of the query classifier. Labels come from closed sets: the two labels, our heads, our caches."""

from typing import Literal

from prometheus_client import Counter, Gauge, Histogram

from proxy.watch.metrics import Family, Metrics

Source = Literal["shipped", "model", "l1", "l2"]
_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)


class Classified:
    """Counters beside those of requests."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        registry = metrics.registry
        labels = "Texts classified, by label and by where the answer came from: a head, or a cache."
        self._labels = Family(Counter("halfpenny_classify_texts", labels, ["label", "source"], registry=registry))
        unsure = "Texts whose label 0 was too unsure, and became 1."
        self._unsure = Counter("halfpenny_classify_unsure", unsure, registry=registry)
        late = "Requests that the model was too late for, or could not answer: the shipped head did."
        self._late = Counter("halfpenny_classify_late", late, registry=registry)
        lookups = "Look-ups in the caches of labels."
        self._lookups = Family(Counter("halfpenny_classify_cache", lookups, ["level", "outcome"], registry=registry))
        seconds = "Whole classification requests, by the slowest source of their texts."
        self._seconds = Family(
            Histogram("halfpenny_classify_seconds", seconds, ["source"], registry=registry, buckets=_SECONDS)
        )
        self.entries = Gauge("halfpenny_classify_cache_entries", "Labels kept in this process.", registry=registry)

    def text(self, label: str, source: Source, unsure: bool) -> None:
        """A text has its label."""
        self._labels.of(label, source).inc()
        if unsure:
            self._unsure.inc()

    def request(self, source: Source, seconds: float) -> None:
        """A request is answered."""
        self._metrics.changes += 1
        self._seconds.of(source).observe(seconds)

    def late(self) -> None:
        """The model did not answer in time."""
        self._late.inc()

    def looked(self, level: Literal["l1", "l2"], hits: int, misses: int) -> None:
        """A cache was asked."""
        for outcome, count in (("hit", hits), ("miss", misses)):
            if count:
                self._lookups.of(level, outcome).inc(count)

    def failed(self) -> None:
        """Redis did not answer in time."""
        self._lookups.of("l2", "error").inc()
