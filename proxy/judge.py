"""The classifier over this catalogue: one function from a call to what was read out of it."""

import logging
from collections.abc import Callable
from time import perf_counter_ns

from providers.words import Call, Message, View
from routing.catalog import Catalog, Entry
from routing.signals import NO_OPINION, Classifier, Placement, Signals, shipped

_FIRST = Call("chat", "chat", {}, View("auto", (Message("user", "Hello"),)), 0)
_LOG = logging.getLogger("halfpenny")


def judge(catalog: Catalog) -> Callable[[Call], Signals]:
    """Signals for a call that leaves the choice to us.

    A package whose heads cannot be read has no opinion, and the log says why.
    """
    try:
        heads = shipped()
    except (OSError, KeyError, ValueError) as error:
        _LOG.error("the classifier's heads cannot be read (%s): routing goes by the models' tiers", error)
        return lambda call: NO_OPINION
    placed = [Placement(entry.name, entry.tier) for entry in catalog.entries.values() if entry.task == "chat"]
    classifier = Classifier(heads, placed)
    classifier.read(_FIRST, perf_counter_ns)  # the first reading is slow, and nobody should wait for it

    def read(call: Call) -> Signals:
        # whoever names a model has chosen: reading such a prompt would cost more than all the rest of the request
        chosen = isinstance(catalog.meaning(call.view.model), Entry)
        return NO_OPINION if chosen else classifier.read(call, perf_counter_ns)

    return read
