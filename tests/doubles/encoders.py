"""Encoders for tests: embeddings calls, vectors as numbers, and the reference vectors of MiniLM."""

import base64
import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec import Struct

from providers.tiktokens import FOLDER
from providers.words import Call, View

needs_vocabularies = pytest.mark.skipif(not any(FOLDER.glob("9b*")), reason="no vocabularies: make minilm")
REFERENCE = Path(__file__).resolve().parents[1] / "providers" / "minilm" / "reference.json"


class Known(Struct, frozen=True):
    """A text, how many tokens it has, and its vector by the model's own library."""

    text: str
    tokens: int
    vector: list[float]


def known() -> list[Known]:
    """Every text with a reference vector; the file says how they were made."""
    found = json.loads(REFERENCE.read_text())["texts"]
    return [Known(each["text"], each["tokens"], numbers(base64.b64decode(each["vector"]))) for each in found]


def numbers(vector: bytes) -> list[float]:
    """A vector's float32 as numbers."""
    return array("f", vector).tolist()


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors."""
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))


def embeddings_call(given: Any, **fields: Any) -> Call:
    """An embeddings call as a client would send it."""
    body = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in {"input": given, **fields}.items()}
    return Call("embeddings", "embeddings", body, View("local"), 100)
