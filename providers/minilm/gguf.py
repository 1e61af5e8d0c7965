"""Writes a GGUF file (version 3): a header of typed values, descriptions of tensors, aligned tensors.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 32
Value = str | bool | int | float | Sequence[str] | Sequence[int]
"""A value of the header; whole numbers are written as uint32, in sequences as int32, others as float32."""

_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_TYPES = {"float32": 0, "float16": 1}


def write(path: Path, values: Mapping[str, Value], tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write a model of float32 and float16 tensors, in little-endian order."""
    counts = struct.pack("<IQQ", 3, len(tensors), len(values))
    head = [b"GGUF", counts, *(_string(name) + _value(value) for name, value in values.items())]
    at = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head += [_string(name), struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, _TYPES[tensor.dtype.name], at)]
        at += tensor.nbytes + _gap(tensor.nbytes)
    with path.open("wb") as file:
        file.write(b"".join(head))
        file.write(bytes(_gap(file.tell())))
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).data)
            file.write(bytes(_gap(tensor.nbytes)))


def _gap(size: int) -> int:
    return -size % ALIGNMENT


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    texts = bool(value) and isinstance(value[0], str)
    head = struct.pack("<IIQ", _ARRAY, _STRING if texts else _INT32, len(value))
    return head + b"".join(_string(item) if isinstance(item, str) else struct.pack("<i", item) for item in value)
