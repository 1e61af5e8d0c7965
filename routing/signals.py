"""What the classifier reads from a call: how good each catalogue model's answer would be, and how sure it is.

Pure and in process: no encoder, no I/O, well under half a millisecond. Without an opinion it says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct, structs

from providers.words import Call
from routing.catalog import Tier
from routing.classifier.features import asked, features
from routing.classifier.heads import Heads, Line, load, probability
from routing.classifier.labels import Labelled, Labels
from routing.classifier.placing import tier_line
from routing.classifier.session import difficulty

FOLDER = Path(__file__).with_name("classifier")


class Signals(Struct, frozen=True):
    """What was read. `good`: P(this model's answer is good enough), calibrated, by catalogue name; `difficulty`: 0..1,
    1 − P(good) of the small reference model; `confidence`: 0..1 of the classifier itself, which shrinks where the call
    speaks of things that no training data held; `version` of the heads; `micros`: microseconds that reading took;
    `labelled`: what kind of request it is, where the classifier was given labels; for people, never for the choice."""

    good: Mapping[str, float]
    difficulty: float = 0.0
    confidence: float = 0.0
    version: str = ""
    micros: int = 0
    labelled: Labelled | None = None


NO_OPINION = Signals(MappingProxyType({}))


class Placement(Struct, frozen=True):
    """Where a catalogue model stands among the heads: on a line of its own where its answers were measured, else where
    its tier does."""

    name: str
    tier: Tier
    line: Line | None = None


class Classifier:
    """The heads, and which of them speaks for which model."""

    def __init__(self, heads: Heads, models: Sequence[Placement], labels: Labels | None = None) -> None:
        self._heads = heads
        self._labels = labels
        placed = [model for model in models if model.tier != "demo" or model.line is not None]
        self._placed = tuple((model.name, model.line or tier_line(heads, model.tier)) for model in placed)
        self._demos = tuple(model.name for model in models if model.tier == "demo" and model.line is None)

    def read(self, call: Call, clock_ns: Callable[[], int]) -> Signals:
        """Signals of a chat call; of anything else, or when reading fails, no opinion. Never raises."""
        if call.task != "chat":
            return NO_OPINION
        start = clock_ns()
        try:
            found = self._read(call)
        except Exception:  # an opinion is a convenience: no request may fail for want of one
            return NO_OPINION
        return structs.replace(found, micros=(clock_ns() - start) // 1000)

    def _read(self, call: Call) -> Signals:
        messages = call.view.messages
        seen = features(messages)
        logit, confidence = difficulty(self._heads.small, seen, messages)
        good = {name: line.at(logit) for name, line in self._placed}
        if self._demos:
            own, near = self._heads.demo.read(seen)
            good |= dict.fromkeys(self._demos, probability(own))
            confidence = max(confidence, near)
        labelled = None if self._labels is None else self._labels.of(seen, asked(messages))
        return Signals(good, 1.0 - probability(logit), confidence, self._heads.version, labelled=labelled)


def shipped() -> Heads:
    """The heads that come with the package. Raises OSError, KeyError or ValueError when the installation is broken."""
    record = json.loads((FOLDER / "heads.json").read_text())
    return load(FOLDER / "heads.npz", record["heads"][:12])
