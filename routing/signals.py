"""What the classifier reads from a call: how good each catalogue model's answer would be, and how sure it is.

Pure and in process, no I/O: tier 0 reads by itself in well under half a millisecond; where an encoder was asked, its
vector comes in as a value, and tier 1 reads too. Without an opinion it says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct, structs

from providers.words import Call
from routing.catalog import Tier
from routing.classifier.embedded import Embedded, question
from routing.classifier.features import asked, features
from routing.classifier.heads import Heads, Line, load, probability
from routing.classifier.labels import Labelled, Labels
from routing.classifier.neighbours import Neighbours, hashed
from routing.classifier.placing import tier_line
from routing.classifier.session import difficulty

FOLDER = Path(__file__).with_name("classifier")
EMBEDDED = FOLDER / "embedded.npz"
"""Tier 1's head that ships; it is read only where an encoder is configured."""


class Signals(Struct, frozen=True):
    """What was read. `good`: P(this model's answer is good enough), calibrated, by catalogue name; `difficulty`: 0..1,
    1 − P(good) of the small reference model; `confidence`: 0..1 of the classifier itself, which shrinks where the call
    speaks of things that no training data held; `version` of the heads; `micros`: microseconds that reading took,
    waiting for the encoder included; `labelled`: what kind of request it is, where the classifier was given labels; for
    people, never for the choice. `tier` 1: an encoder's vector was read too. `challenger`: P(good) of the small
    reference model by the nearest stored outcomes, which decides nothing. `topics`: cosine of each configured topic to
    the encoder's vector, where both are there; for people too."""

    good: Mapping[str, float]
    difficulty: float = 0.0
    confidence: float = 0.0
    version: str = ""
    micros: int = 0
    labelled: Labelled | None = None
    tier: int = 0
    challenger: float | None = None
    topics: Mapping[str, float] = MappingProxyType({})


NO_OPINION = Signals(MappingProxyType({}))


class Placement(Struct, frozen=True):
    """Where a catalogue model stands among the heads: on a line of its own where its answers were measured, else where
    its tier does."""

    name: str
    tier: Tier
    line: Line | None = None


class Classifier:
    """The heads, and which of them speaks for which model. `embedded`: tier 1's head; `challenger`: outcomes whose
    opinion is noted and not followed."""

    def __init__(
        self,
        heads: Heads,
        models: Sequence[Placement],
        labels: Labels | None = None,
        embedded: Embedded | None = None,
        challenger: Neighbours | None = None,
    ) -> None:
        self._heads, self._labels, self._embedded, self._challenger = heads, labels, embedded, challenger
        placed = [model for model in models if model.tier != "demo" or model.line is not None]
        self._placed = tuple((model.name, model.line or tier_line(heads, model.tier)) for model in placed)
        self._demos = tuple(model.name for model in models if model.tier == "demo" and model.line is None)

    def asks(self, call: Call) -> str:
        """The text whose vector would help to read this call; empty for none."""
        helps = self._embedded is not None and self._placed and call.task == "chat"
        return question(call.view.messages).strip() if helps else ""

    def read(self, call: Call, clock_ns: Callable[[], int], vector: bytes | None = None) -> Signals:
        """Signals of a chat call; of anything else, or when reading fails, no opinion. Never raises.

        `vector` is of what it `asks`; without one, or with one that does not fit, tier 0 speaks alone.
        """
        if call.task != "chat":
            return NO_OPINION
        start = clock_ns()
        for given in (vector, None) if vector is not None else (None,):
            try:
                found = self._read(call, given)
            except Exception:  # an opinion is a convenience: no request may fail for want of one
                continue
            return structs.replace(found, micros=(clock_ns() - start) // 1000)
        return NO_OPINION

    def _read(self, call: Call, vector: bytes | None) -> Signals:
        messages = call.view.messages
        seen = features(messages)
        again = None if vector is None else self._again(vector)
        logit, confidence = difficulty(self._heads.small, seen, messages, again)
        good = {name: line.at(logit) for name, line in self._placed}
        if self._demos:
            own, near = self._heads.demo.read(seen)
            good |= dict.fromkeys(self._demos, probability(own))
            confidence = max(confidence, near)
        return Signals(
            good,
            1.0 - probability(logit),
            confidence,
            self._heads.version,
            labelled=None if self._labels is None else self._labels.of(seen, asked(messages)),
            tier=0 if again is None else 1,
            challenger=None if self._challenger is None else self._challenger.read(hashed(seen))[0],
        )

    def _again(self, vector: bytes) -> Callable[[float, float], float] | None:
        """Tier 1's reading of the turn, out of tier 0's."""
        head, constant = self._embedded, self._heads.small.constant
        return None if head is None else lambda logit, near: head.logit(vector, logit, near, constant)


def shipped() -> Heads:
    """The heads that come with the package. Raises OSError, KeyError or ValueError when the installation is broken."""
    record = json.loads((FOLDER / "heads.json").read_text())
    return load(FOLDER / "heads.npz", record["heads"][:12])
