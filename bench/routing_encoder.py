"""MiniLM's embeddings of prompts for the routing table, where the encoder's file is installed; asked in one process.

Prompts are cut to their head and tail as the classifier would have to, so that an embedding costs the same for all.
"""

import asyncio
from collections.abc import Sequence

import numpy as np
from msgspec import Raw, json
from numpy.typing import NDArray

from bench.encoder import running
from providers.engine.encoder_client import Encoder, LocalEncoder
from providers.minilm import MODEL_PATH
from providers.words import Call, Sent, View

HEAD, TAIL = 600, 200
"""Characters."""
BATCH = 32


def installed() -> bool:
    """Whether there is an encoder to measure."""
    return MODEL_PATH.exists()


def embeddings(prompts: Sequence[str]) -> NDArray[np.float64]:
    """(prompts, dimensions), each of length 1."""
    return asyncio.run(_embeddings([_cut(prompt) for prompt in prompts]))


def _cut(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"


async def _embeddings(texts: Sequence[str]) -> NDArray[np.float64]:
    async with running(Encoder(too_long="truncate")) as encoder:
        parts = [await _batch(encoder, texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    found = np.concatenate(parts).astype(np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


async def _batch(encoder: LocalEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    call = Call("embeddings", "embeddings", {"input": Raw(json.encode(texts))}, View("local"), 0)
    found: list[NDArray[np.float32]] = []
    async for events in await encoder.open(call, Sent("local", tenant="bench")):
        found += [np.frombuffer(vector, np.float32) for event in events for vector in event.vectors or ()]
    return np.stack(found)
