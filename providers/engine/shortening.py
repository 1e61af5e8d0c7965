"""Vectors of length 1, and shorter ones made of them: what Matryoshka models are trained for."""

import numpy as np
from numpy.typing import NDArray


def shortened(vector: bytes, dimensions: int | None) -> bytes:
    """The first so many numbers (None: all) of a vector in little-endian float32, of length 1 again."""
    if dimensions is None or 4 * dimensions >= len(vector):
        return vector
    return of_length_one(np.frombuffer(vector[: 4 * dimensions], "<f4"))


def of_length_one(vector: NDArray[np.float32]) -> bytes:
    """As little-endian float32; a vector of zeros stays one."""
    return bytes((vector / (float(np.linalg.norm(vector)) or 1.0)).astype("<f4").data)
