"""The configured topics as vectors, made once by the encoder that reads the calls, as soon as it is up."""

import asyncio
from collections.abc import Mapping

import numpy as np

from proxy.vectors import Vectors

PATIENCE = 10.0
"""Seconds that the encoder may take for one description: nobody waits for it."""
PAUSE = 1.0
"""Seconds until an encoder that did not answer is asked again."""


class TopicVectors:
    """Descriptions by name, asked of `vectors`. Until all of them are there, there are none."""

    def __init__(self, described: Mapping[str, str], vectors: Vectors) -> None:
        self._described, self._vectors = described, vectors
        self._known: dict[str, bytes] = {}

    async def learn(self, pause: float = PAUSE) -> None:
        """Ask until all are known, or cancelled."""
        while missing := [name for name in self._described if name not in self._known]:
            for name in missing:
                vector = await self._vectors.of(f"{name}: {self._described[name]}")
                if vector is None:
                    await asyncio.sleep(pause)
                    break
                self._known[name] = vector

    def near(self, vector: bytes) -> dict[str, float]:
        """Cosine of each topic to this vector of length 1; empty until all are known."""
        if len(self._known) < len(self._described):
            return {}
        asked = np.frombuffer(vector, "<f4")
        return {name: float(np.frombuffer(known, "<f4") @ asked) for name, known in self._known.items()}
