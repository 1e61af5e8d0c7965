"""What the classifier read out of a call."""

from collections.abc import Mapping

from msgspec import Struct


class Signals(Struct, frozen=True):
    """`good`: P(this model's answer is good enough) by catalogue name, calibrated; empty without an opinion."""

    good: Mapping[str, float]
    difficulty: float = 0.0
    confidence: float = 0.0
    version: str = ""
    micros: int = 0


NO_OPINION = Signals({})
