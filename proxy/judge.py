"""The classifier over this catalogue: one function from a call to what was read out of it."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter_ns

from providers.words import Call, Message, View
from proxy.config.schema import Config
from routing.catalog import Catalog, Entry
from routing.classifier.heads import Heads, Line, load
from routing.classifier.placing import declared, tier_line
from routing.classifier.training import folder, placement
from routing.signals import NO_OPINION, Classifier, Placement, Signals, shipped

_FIRST = Call("chat", "chat", {}, View("auto", (Message("user", "Hello"),)), 0)
_LOG = logging.getLogger("halfpenny")


def judge(catalog: Catalog, config: Config | None = None) -> Callable[[Call], Signals]:
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
        return lambda call: NO_OPINION
    lines = {**lines, **placed(heads, catalog, config)}
    chat = [entry for entry in catalog.entries.values() if entry.task == "chat"]
    classifier = Classifier(heads, [Placement(entry.name, entry.tier, lines.get(entry.name)) for entry in chat])
    classifier.read(_FIRST, perf_counter_ns)  # the first reading is slow, and nobody should wait for it

    def read(call: Call) -> Signals:
        # whoever names a model has chosen: reading such a prompt would cost more than all the rest of the request
        chosen = isinstance(catalog.meaning(call.view.model), Entry)
        return NO_OPINION if chosen else classifier.read(call, perf_counter_ns)

    return read


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
        scored = placement.scored(Path(model.placement), name) if model.placement else []
        found[name] = placement.line(heads, scored, prior)
    return found
