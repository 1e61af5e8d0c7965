"""Logistic heads over the features: a probability that a model's answer is good, shrunk far from the head's data.

    logit = constant + near · (bias + weights · grams + dense · features − constant)

`near` is 0..1: how many of the turn's words the training data held. Where `dense` reads unfamiliar grams, these are
counted against the prompts that were answered well. Reference models share one difficulty, the small one's logit; the
strong one is a line on it (item response theory): that transfers to other subjects, where a head of its own does not.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from routing.classifier.features import BUCKETS, SURFACE, Features

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

UNFAMILIAR = ("unfamiliar_words", "unfamiliar_word_share", "unfamiliar_pair_share")
DENSE = len(SURFACE) + len(UNFAMILIAR)
FAR, NEAR = 0.5, 0.9
"""Shares of known words between which nearness goes from 0 to 1."""
EXTREME = 2.5
"""Standardised features are cut here: beyond it a straight line says nothing."""


class Head(Struct, frozen=True):
    """One model's head. `mean` and `scale` standardise the dense features, (DENSE,); `known` marks the words of all
    training prompts, `familiar` words and neighbours of those that were answered well, (BUCKETS,); `constant` is a
    logit."""

    weights: Floats
    dense: Floats
    mean: Floats
    scale: Floats
    bias: float
    constant: float
    known: Flags
    familiar: Flags

    def read(self, features: Features) -> tuple[float, float]:
        """(logit of P(good), nearness 0..1)."""
        near = nearness(self.known, features)
        return self.constant + near * (self.logit(features) - self.constant), near

    def logit(self, features: Features) -> float:
        """What the weights say, before shrinking."""
        dense = standardised(dense_features(features, self.familiar), self.mean, self.scale)
        parts = (self.weights[ids].sum() / math.sqrt(len(ids)) for ids in channels(features) if len(ids))
        return self.bias + float(sum(parts)) + float(self.dense @ dense)


class Line(Struct, frozen=True):
    """A model on the scale of difficulty: its logit is slope · the small model's + shift."""

    slope: float
    shift: float

    def at(self, logit: float) -> float:
        """P(good) for a prompt of that difficulty."""
        return probability(self.slope * logit + self.shift)


class Heads(Struct, frozen=True):
    """What is shipped: the difficulty scale, the strong model's line on it, the demo model's own head; `version` names
    the file they came from."""

    small: Head
    strong: Line
    demo: Head
    version: str

    def medium(self) -> Line:
        """Halfway between small and strong in logits: an assumption, for want of a medium model's outcomes."""
        return Line((1.0 + self.strong.slope) / 2, self.strong.shift / 2)


def probability(logit: float) -> float:
    """1 / (1 + e⁻ˣ), never quite 0 or 1."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def channels(features: Features) -> tuple[NDArray[np.uint32], ...]:
    """Sets of buckets, each of which weighs as a vector of length one."""
    return grams(features), features.earlier


def grams(features: Features) -> NDArray[np.uint32]:
    """The buckets of the turn's words and neighbours."""
    return np.concatenate((features.words, features.pairs))


def dense_features(features: Features, familiar: Flags) -> Floats:
    """(DENSE,): the surface, then what is unfamiliar."""
    words = len(features.words) - int(np.count_nonzero(familiar[features.words]))
    pairs = len(features.pairs) - int(np.count_nonzero(familiar[features.pairs]))
    return np.concatenate((features.surface, unfamiliar(features, words, pairs)))


def unfamiliar(features: Features, words: int, pairs: int) -> Floats:
    """The features of so many unfamiliar words and pairs."""
    shares = words / max(len(features.words), 1), pairs / max(len(features.pairs), 1)
    return np.array([math.log1p(words), *shares], dtype=np.float32)


def standardised(dense: Floats, mean: Floats, scale: Floats) -> Floats:
    """In standard deviations, cut at the extremes; `scale` is 0 for what never varied."""
    return np.asarray(np.clip((dense - mean) * scale, -EXTREME, EXTREME))


def nearness(known: Flags, features: Features) -> float:
    """0..1: whether the head's training data spoke of such things."""
    if not len(features.words):
        return 0.0
    share = np.count_nonzero(known[features.words]) / len(features.words)
    return float(min(1.0, max(0.0, (share - FAR) / (NEAR - FAR))))


def save(small: Head, strong: Line, demo: Head, path: Path) -> None:
    """One compressed file; weights in half precision, flags as bits."""
    arrays: dict[str, NDArray[Any]] = {"strong.line": np.array([strong.slope, strong.shift])}
    for name, head in (("small", small), ("demo", demo)):
        arrays |= {
            f"{name}.weights": head.weights.astype(np.float16),
            f"{name}.dense": np.stack((head.dense, head.mean, head.scale)),
            f"{name}.numbers": np.array([head.bias, head.constant]),
            f"{name}.flags": np.packbits(np.stack((head.known, head.familiar)), axis=1),
        }
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load(path: Path, version: str) -> Heads:
    """Raises OSError, KeyError or ValueError when the file is missing or holds no heads of these features."""
    with np.load(path, allow_pickle=False) as arrays:
        slope, shift = map(float, arrays["strong.line"])
        return Heads(_head("small", arrays), Line(slope, shift), _head("demo", arrays), version)


def _head(name: str, arrays: Mapping[str, NDArray[Any]]) -> Head:
    dense, mean, scale = arrays[f"{name}.dense"].astype(np.float32)
    bias, constant = map(float, arrays[f"{name}.numbers"])
    known, familiar = np.unpackbits(arrays[f"{name}.flags"], axis=1).astype(np.bool_)
    weights = arrays[f"{name}.weights"].astype(np.float32)
    if len(weights) != BUCKETS or len(dense) != DENSE:
        raise ValueError(f"the head {name} was trained on other features")
    return Head(weights, dense, mean, scale, bias, constant, known, familiar)
