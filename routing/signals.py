"""What the classifier reads from a call: how good each catalogue model's answer would be, and how sure it is.

Pure and in process: no encoder, no I/O, well under half a millisecond. Without an opinion it says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from providers.words import Call
from routing.catalog import Tier
from routing.classifier.features import features
from routing.classifier.heads import Heads, Line, load, probability

FOLDER = Path(__file__).with_name("classifier")


class Signals(Struct, frozen=True):
    """What was read. `good`: P(this model's answer is good enough), calibrated, by catalogue name; `difficulty`: 0..1,
    1 − P(good) of the small reference model; `confidence`: 0..1 of the classifier itself, which shrinks where the call
    speaks of things that no training data held; `version` of the heads; `micros`: microseconds that reading took."""

    good: Mapping[str, float]
    difficulty: float = 0.0
    confidence: float = 0.0
    version: str = ""
    micros: int = 0


NO_OPINION = Signals(MappingProxyType({}))


class Placement(Struct, frozen=True):
    """Where a catalogue model stands among the heads: on a line of its own where its answers were measured, else where
    its tier does."""

    name: str
    tier: Tier
    line: Line | None = None


class Classifier:
    """The heads, and which of them speaks for which model."""

    def __init__(self, heads: Heads, models: Sequence[Placement]) -> None:
        self._heads = heads
        lines = {"small": Line(1.0, 0.0), "medium": heads.medium(), "strong": heads.strong}
        placed = [model for model in models if model.tier != "demo" or model.line is not None]
        self._placed = tuple((model.name, model.line or lines[model.tier]) for model in placed)
        self._demos = tuple(model.name for model in models if model.tier == "demo" and model.line is None)

    def read(self, call: Call, clock_ns: Callable[[], int]) -> Signals:
        """Signals of a chat call; of anything else, or when reading fails, no opinion. Never raises."""
        if call.task != "chat":
            return NO_OPINION
        start = clock_ns()
        try:
            good, difficulty, confidence = self._read(call)
        except Exception:  # an opinion is a convenience: no request may fail for want of one
            return NO_OPINION
        return Signals(good, difficulty, confidence, self._heads.version, (clock_ns() - start) // 1000)

    def _read(self, call: Call) -> tuple[dict[str, float], float, float]:
        seen = features(call.view.messages)
        logit, confidence = self._heads.small.read(seen)
        good = {name: line.at(logit) for name, line in self._placed}
        if self._demos:
            own, near = self._heads.demo.read(seen)
            good |= dict.fromkeys(self._demos, probability(own))
            confidence = max(confidence, near)
        return good, 1.0 - probability(logit), confidence


def shipped() -> Heads:
    """The heads that come with the package. Raises OSError, KeyError or ValueError when the installation is broken."""
    record = json.loads((FOLDER / "heads.json").read_text())
    return load(FOLDER / "heads.npz", record["heads"][:12])
