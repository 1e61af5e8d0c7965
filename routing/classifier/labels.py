"""What kind of request this is: task type, S2's label with its confidence, language, topic. Informational.

One matrix over the same hashed features as the difficulty scale, so that both are read for the price of one. A task
type is no routing label: whoever routes by it routes about as well as a coin (docs/routing-quality.md).
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from providers.words import Message
from routing.classifier.features import BITS, SURFACE, Features, features
from routing.classifier.heads import Floats, standardised
from routing.classifier.languages import language
from routing.classifier.topics import Topics

Label = Literal[0, 1]
TASKS = (
    *("brainstorming", "classification", "closed_qa", "creative_writing", "general_qa", "information_extraction"),
    *("open_qa", "summarization", "code", "math", "translation"),
)
"""Dolly's eight categories, and three that the project writes prompts of itself."""
SLOW = ("brainstorming", "creative_writing", "general_qa", "open_qa")
"""The tasks of label 1, S2's slow path."""
WIDTH = 1 << 15
_FOLD = np.uint32(BITS - 15)
_LINES = SURFACE.index("lines")
DENSE = 2 * len(SURFACE) + 1
SHIPPED = Path(__file__).with_name("labels.npz")


class Labelled(Struct, frozen=True):
    """What was read. `tasks`: P(task) by name, adding up to 1; `label`: S2's 0 (fast) or 1 (slow) and `confidence`
    0.5..1 in it, calibrated; `language`: ISO 639-1 or `und`; `topic`: of the configured ones."""

    tasks: Mapping[str, float]
    label: Label
    confidence: float
    language: str
    topic: str | None = None


class Weights(Struct, frozen=True):
    """`grams` (WIDTH, columns) and `dense` (DENSE, columns), whose columns are TASKS and the label; `bias` (columns,);
    `mean` and `scale` standardise the surface."""

    grams: Floats
    dense: Floats
    bias: Floats
    mean: Floats
    scale: Floats
    version: str = ""

    def logits(self, seen: Features) -> NDArray[np.float64]:
        """(columns,): of the tasks, each against all others, then of label 1."""
        ids = columns(seen)
        spoken = self.grams[ids].sum(axis=0, dtype=np.float64) / math.sqrt(max(len(ids), 1))
        return np.asarray(spoken + dense(seen, self.mean, self.scale) @ self.dense + self.bias)


class Labels:
    """The informational heads over the configured topics."""

    def __init__(self, weights: Weights, topics: Topics | None = None) -> None:
        self._weights = weights
        self._topics = topics
        self.version = weights.version

    def read(self, text: str, hint: str | None = None) -> Labelled:
        """Of a text alone. `hint`: the topic that the client believes it to be."""
        return self.of(features((Message("user", text),)), text, hint)

    def of(self, seen: Features, text: str, hint: str | None = None) -> Labelled:
        """Of a conversation that was read already; `text` is its last user turn."""
        logits = self._weights.logits(seen)
        tasks = softmax(logits[:-1])
        slow = 1.0 / (1.0 + math.exp(-float(logits[-1])))
        label: Label = 1 if slow >= 0.5 else 0
        topic = None if self._topics is None else self._topics.nearest(seen, hint)
        named = dict(zip(TASKS, tasks.tolist(), strict=True))
        return Labelled(named, label, slow if label else 1.0 - slow, language(text), topic)


def columns(seen: Features) -> NDArray[np.uint32]:
    """The rows of `grams` that this turn has: words and neighbours, folded to WIDTH."""
    return np.concatenate((seen.words, seen.pairs)) >> _FOLD


def dense(seen: Features, mean: Floats, scale: Floats) -> Floats:
    """(DENSE,): the surface, and the same again beside pasted text, where it means something else."""
    surface = standardised(seen.surface, mean, scale)
    pasted = float(seen.surface[_LINES] > 0)
    return np.concatenate((surface, surface * pasted, np.array([pasted], dtype=np.float32)))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adds up to 1 along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def save(weights: Weights, path: Path) -> None:
    """One compressed file; grams as eight bits with a step per column."""
    step = np.maximum(np.abs(weights.grams).max(axis=0), 1e-9) / 127
    small = np.stack((weights.mean, weights.scale))
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            grams=np.rint(weights.grams / step).astype(np.int8),
            step=step.astype(np.float32),
            dense=weights.dense,
            bias=weights.bias,
            standard=small,
        )


def load(path: Path = SHIPPED, version: str = "") -> Weights:
    """Raises OSError, KeyError or ValueError when the file is missing or holds no heads of these features."""
    with np.load(path, allow_pickle=False) as arrays:
        grams = arrays["grams"].astype(np.float32) * arrays["step"]
        mean, scale = arrays["standard"]
        found = Weights(grams, arrays["dense"], arrays["bias"], mean, scale, version)
    if found.grams.shape != (WIDTH, len(TASKS) + 1) or found.dense.shape != (DENSE, len(TASKS) + 1):
        raise ValueError("the labels were trained on other features")
    return found


def shipped() -> Weights:
    """The labels that come with the package. Raises OSError, KeyError or ValueError when the installation is broken."""
    return load(SHIPPED, json.loads(SHIPPED.with_suffix(".json").read_text())["labels"][:12])
