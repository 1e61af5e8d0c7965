"""The classifier over this catalogue: from a call to what was read out of it, with the encoder's help or without."""

import logging
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter_ns

from msgspec import structs

from providers.words import Call, Message, View
from proxy.config.schema import Config
from proxy.topic_vectors import TopicVectors
from proxy.vectors import Vectors
from routing.catalog import Catalog, Entry
from routing.classifier import embedded
from routing.classifier.embedded import Embedded
from routing.classifier.heads import Heads, Line, load
from routing.classifier.neighbours import Neighbours
from routing.classifier.placing import declared, tier_line
from routing.classifier.training import answered, folder, placement
from routing.policy import OFF
from routing.signals import EMBEDDED, NO_OPINION, Classifier, Placement, Signals, shipped

_FIRST = Call("chat", "chat", {}, View("auto", (Message("user", "Hello"),)), 0)
_LOG = logging.getLogger("halfpenny")


class Judge:
    """Reads calls that leave the choice to us. `classifier` None: there is no opinion; `vectors` None: no tier 1, and
    no topics by their vectors."""

    def __init__(
        self,
        catalog: Catalog,
        classifier: Classifier | None,
        vectors: Vectors | None = None,
        topics: TopicVectors | None = None,
    ) -> None:
        self._catalog, self._classifier, self._vectors, self._topics = catalog, classifier, vectors, topics

    def __call__(self, call: Call) -> Signals:
        """By tier 0 alone, at once."""
        reads = self._reads(call)
        return NO_OPINION if reads is None else reads.read(call, perf_counter_ns)

    async def read(self, call: Call) -> Signals:
        """By the encoder too, where one is asked and answers in time."""
        reads = self._reads(call)
        if reads is None:
            return NO_OPINION
        if self._vectors is None or not (text := reads.asks(call)):
            return reads.read(call, perf_counter_ns)
        began = perf_counter_ns()
        vector = await self._vectors.of(text)
        found = reads.read(call, perf_counter_ns, vector)
        near = self._topics.near(vector) if self._topics is not None and vector is not None and found.tier else {}
        return structs.replace(found, topics=near, micros=(perf_counter_ns() - began) // 1000)

    def _reads(self, call: Call) -> Classifier | None:
        # whoever names a model has chosen: reading such a prompt would cost more than all the rest of the request
        chosen = isinstance(self._catalog.meaning(call.view.model), Entry)
        return None if chosen else self._classifier


def judge(
    catalog: Catalog,
    config: Config | None = None,
    vectors: Vectors | None = None,
    challenger: Neighbours | None = None,
    topics: TopicVectors | None = None,
) -> Judge:
    """Signals for a call that leaves the choice to us.

    A package whose heads cannot be read has no opinion, and the log says why; heads or placements that the
    configuration names must be there. Raises BadHeads, BadRows or OSError.
    """
    config = config or Config()
    try:
        heads, lines = own(Path(config.routing.heads)) if config.routing.heads else (shipped(), {})
    except (OSError, KeyError, ValueError) as error:
        if config.routing.heads:
            raise
        _LOG.error("the classifier's heads cannot be read (%s): routing goes by the models' tiers", error)
        return Judge(catalog, None)
    lines = {**lines, **placed(heads, catalog, config)}
    chat = [entry for entry in catalog.entries.values() if entry.task == "chat"]
    models = [Placement(entry.name, entry.tier, lines.get(entry.name)) for entry in chat]
    classifier = Classifier(heads, models, embedded=tier1(config), challenger=challenger)
    classifier.read(_FIRST, perf_counter_ns)  # the first reading is slow, and nobody should wait for it
    return Judge(catalog, classifier, vectors, topics)


def tier1(config: Config) -> Embedded | None:
    """The head over the configured encoder's vectors, the operator's own or the shipped one. Raises BadHeads."""
    if config.routing.encoder == OFF:
        return None
    path = folder.embedded(Path(config.routing.heads)) if config.routing.heads else EMBEDDED
    try:
        return embedded.load(path)
    except (OSError, KeyError, ValueError) as error:
        raise folder.BadHeads(f"{path} holds no head for an encoder's vectors: {error}") from None


def own(where: Path) -> tuple[Heads, Mapping[str, Line]]:
    """The heads that `halfpenny router fit` wrote there, and the models that they know. Raises BadHeads."""
    record = folder.record(where)
    try:
        heads = load(where / folder.HEADS, record.heads[:12])
    except (OSError, KeyError, ValueError) as error:
        raise folder.BadHeads(f"{where / folder.HEADS} cannot be used here: {error}; fit it again") from None
    return heads, {name: Line(line.slope, line.shift) for name, line in record.models.items()}


def placed(heads: Heads, catalog: Catalog, config: Config) -> dict[str, Line]:
    """The lines of models whose quality is declared, or whose answers are. Raises BadRows or OSError."""
    found: dict[str, Line] = {}
    for name, entry in catalog.entries.items():
        model = config.models.get(name)
        if model is None or (model.quality is None and not model.placement):
            continue
        prior = tier_line(heads, entry.tier) if model.quality is None else declared(heads, model.quality, entry.tier)
        scored = answered.of_one(Path(model.placement), name) if model.placement else []
        found[name] = placement.line(heads, scored, prior)
    return found
