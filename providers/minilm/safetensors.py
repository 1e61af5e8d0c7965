"""Reads a safetensors file: eight bytes of length, a JSON header, raw little-endian tensors."""

from typing import Any

import msgspec
import numpy as np
from msgspec import Raw, Struct
from numpy.typing import NDArray

KINDS = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}
"""The types that are read, in numpy's words."""


class _Tensor(Struct):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read(content: bytes) -> dict[str, NDArray[Any]]:
    """Every tensor by name, as views of `content`. Raises ValueError for what is no safetensors file."""
    data = memoryview(content)
    head = 8 + int.from_bytes(data[:8], "little")
    try:
        described = msgspec.json.decode(data[8:head], type=dict[str, Raw])
        described.pop("__metadata__", None)
        return {name: _tensor(data[head:], msgspec.json.decode(each, type=_Tensor)) for name, each in described.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
        raise ValueError(f"not a safetensors file: {error}") from error


def _tensor(data: memoryview, tensor: _Tensor) -> NDArray[Any]:
    begin, end = tensor.data_offsets
    return np.frombuffer(data[begin:end], dtype=KINDS[tensor.dtype]).reshape(tensor.shape)
