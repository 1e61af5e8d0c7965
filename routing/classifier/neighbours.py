"""Nearest neighbours among stored outcomes: a challenger that learns with every row, and forgets the oldest.

Off by default: on the rows that we have it is not better than the heads (docs/routing-quality.md). A prompt is a vector
of DIMENSIONS by hashing its words and neighbours with a sign (Weinberger et al. 2009), or an encoder's embedding.
"""

import numpy as np
from numpy.typing import NDArray

from routing.classifier.features import Features
from routing.classifier.heads import Floats, grams

DIMENSIONS = 512
DOUBT = 10.0
"""The constant counts as much as so many neighbours with a cosine of 1."""
_SIGN, _PLACE = np.uint32(2_246_822_519), np.uint32(2_654_435_761)


def hashed(seen: Features) -> Floats:
    """(DIMENSIONS,), of length 1, or 0 for a turn without words."""
    ids = grams(seen)
    signs = 1.0 - 2.0 * ((ids * _SIGN) >> np.uint32(31)).astype(np.float64)
    found = np.bincount(((ids * _PLACE) >> np.uint32(8)) % np.uint32(DIMENSIONS), signs, DIMENSIONS)
    return unit(found.astype(np.float32))


def unit(vector: NDArray[np.float32]) -> Floats:
    """The same direction, of length 1; 0 stays 0."""
    length = float(np.sqrt(vector @ vector))
    return vector / np.float32(length) if length else vector


class Neighbours:
    """At most `size` outcomes, (size, dimensions) floats of memory, and the `nearest` of them that speak."""

    def __init__(self, size: int, dimensions: int = DIMENSIONS, nearest: int = 100) -> None:
        self._vectors = np.zeros((size, dimensions), dtype=np.float32)
        self._good = np.zeros(size, dtype=np.float64)
        self._nearest = nearest
        self._seen = 0

    def __len__(self) -> int:
        return min(self._seen, len(self._good))

    def add(self, vector: Floats, good: float) -> None:
        """One more outcome, how good the answer was; the oldest makes room."""
        place = self._seen % len(self._good)
        self._vectors[place], self._good[place] = vector, good
        self._seen += 1

    def extend(self, vectors: Floats, good: NDArray[np.float64]) -> None:
        """Many at once, (rows, dimensions) and (rows,)."""
        places = (self._seen + np.arange(len(good))) % len(self._good)
        self._vectors[places], self._good[places] = vectors, good
        self._seen += len(good)

    def read(self, vector: Floats) -> tuple[float, float]:
        """(how good the answer will be, nearness 0..1): the mean of all, moved by the near ones as far as they are
        near. Without outcomes (0.5, 0)."""
        found, near = self.read_all(vector[None])
        return float(found[0]), float(near[0])

    def read_all(self, vectors: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same for (rows, dimensions): two of (rows,)."""
        held = len(self)
        if not held:
            return np.full(len(vectors), 0.5), np.zeros(len(vectors))
        cosines = np.maximum(vectors @ self._vectors[:held].T, 0.0)
        constant, count = float(self._good[:held].mean()), min(self._nearest, held)
        near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        weights = np.take_along_axis(cosines, near, axis=1).astype(np.float64) ** 2
        told = (weights * self._good[near]).sum(axis=1)
        found = (DOUBT * constant + told) / (DOUBT + weights.sum(axis=1))
        return found, cosines.max(axis=1).astype(np.float64)
