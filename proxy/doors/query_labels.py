"""Texts into S2's label: from the caches, from the configured model while it is there and in time, or by our own head.

The only awaits are Redis, bounded by its patience, and the model's process, bounded by the deadline.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from providers.engine.frames import Ready
from providers.errors import HalfpennyError
from proxy.doors.near_cache import NearCache, keys
from proxy.watch.classified import Classified, Source
from routing.classifier.labels import Labelled

SHIPPED = "shipped"
"""The name of our own head."""
AT_ONCE = 8
"""Texts that our own head reads before others get their turn."""


class Answer(Struct, frozen=True):
    """`slow` is P(label 1); `head` who said so, `source` whence it came now."""

    slow: float
    head: str
    source: Source

    @property
    def confidence(self) -> float:
        """The probability of the likelier label."""
        return max(self.slow, 1.0 - self.slow)

    def unsure(self, threshold: float) -> bool:
        """Whether it leans to the fast path and is not sure enough of it."""
        return self.slow < 0.5 and self.confidence < threshold

    def label(self, threshold: float) -> str:
        """0, the fast path, or 1; doubt goes to the slow path."""
        return "1" if self.slow >= 0.5 or self.unsure(threshold) else "0"


class Head(Protocol):
    """Our own head: `routing.classifier.labels.Labels`."""

    version: str

    def read(self, text: str, hint: str | None = None) -> Labelled: ...


class Model(Protocol):
    """A sequence classifier in its process: `providers.labelling.client.LabelClient`."""

    @property
    def ready(self) -> Ready | None: ...

    async def probabilities(self, texts: Sequence[str], tenant: str, deadline: float) -> list[float] | None: ...


class Far(Protocol):
    """A cache that is shared: `proxy.doors.far_cache.FarCache`."""

    async def find(self, keys: Sequence[bytes]) -> list[float | None]: ...

    def keep(self, found: Mapping[bytes, float]) -> None: ...


Found = dict[bytes, Answer]


class QueryLabels:
    """`deadline` in seconds. `head` None: the package's own cannot be read; `model` or `far` None: there is none."""

    def __init__(
        self,
        head: Head | None,
        near: NearCache,
        counts: Classified,
        deadline: float,
        model: Model | None = None,
        far: Far | None = None,
    ) -> None:
        self.head, self.near, self.model, self.far = head, near, model, far
        self._counts, self._deadline = counts, deadline

    async def read(self, texts: Sequence[str], tenant: str) -> list[Answer]:
        """An answer for each text, in order. `tenant` is in whose turn the model works. Raises HalfpennyError 503."""
        ready = self.model.ready if self.model is not None else None
        name = SHIPPED if ready is None else ready.name
        digests = keys(self.version(ready), texts)
        found: Found = {}
        self._look_near(digests, name, found)
        await self._look_far(digests, name, found)
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in found}
        if missing:
            await self._make(missing, ready, tenant, found)
        return [found[digest] for digest in digests]

    def version(self, ready: Ready | None) -> str:
        """What tells the labels of one head from those of another."""
        if ready is not None:
            return f"model:{ready.identity}"
        return f"{SHIPPED}:{self.head.version if self.head is not None else ''}"

    def _look_near(self, digests: Sequence[bytes], name: str, found: Found) -> None:
        wanted = list(dict.fromkeys(digests))
        known = zip(wanted, self.near.find(wanted), strict=True)
        found.update({digest: Answer(slow, name, "l1") for digest, slow in known if slow is not None})
        self._counts.looked("l1", len(found), len(wanted) - len(found))

    async def _look_far(self, digests: Sequence[bytes], name: str, found: Found) -> None:
        wanted = [digest for digest in dict.fromkeys(digests) if digest not in found]
        if self.far is None or not wanted:
            return
        told = zip(wanted, await self.far.find(wanted), strict=True)
        known = {digest: slow for digest, slow in told if slow is not None}
        self.near.keep(known)
        found.update({digest: Answer(slow, name, "l2") for digest, slow in known.items()})
        self._counts.looked("l2", len(known), len(wanted) - len(known))

    async def _make(self, missing: Mapping[bytes, str], ready: Ready | None, tenant: str, found: Found) -> None:
        """By the model, or by our own head; what ours says in a model's place is not kept as the model's word."""
        made: list[float] | None = None
        if ready is not None and self.model is not None:
            made = await self.model.probabilities(list(missing.values()), tenant, self._deadline)
            if made is None:
                self._counts.late()
        stands_in = ready is not None and made is None
        name = SHIPPED if ready is None or stands_in else ready.name
        source: Source = "shipped" if made is None else "model"
        if made is None:
            made = await self._owned(missing.values())
        values = dict(zip(missing, made, strict=True))
        found.update({digest: Answer(slow, name, source) for digest, slow in values.items()})
        if stands_in:
            return
        self.near.keep(values)
        if self.far is not None:
            self.far.keep(values)

    async def _owned(self, texts: Iterable[str]) -> list[float]:
        if self.head is None:
            why = "No query classifier can answer: the package's own cannot be read, and no model is ready."
            raise HalfpennyError(why, status=503, code="classifier_unavailable", retry_after=5)
        found = []
        for count, text in enumerate(texts):
            if count % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            said = self.head.read(text)
            found.append(said.confidence if said.label else 1.0 - said.confidence)
        return found
