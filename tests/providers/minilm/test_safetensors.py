import json
from typing import Any

import numpy as np
import pytest

from providers.minilm.safetensors import read


def file(tensors: dict[str, Any], data: bytes) -> bytes:
    header = json.dumps(tensors).encode()
    return len(header).to_bytes(8, "little") + header + data


def test_tensors_are_read_by_name_type_and_shape() -> None:
    data = np.arange(6, dtype="<f4").tobytes() + np.array([7], dtype="<i8").tobytes()
    described = {
        "__metadata__": {"format": "pt"},
        "matrix": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "whole": {"dtype": "I64", "shape": [1], "data_offsets": [24, 32]},
    }
    found = read(file(described, data))
    assert {name: tensor.tolist() for name, tensor in found.items()} == {"matrix": [[0, 1, 2], [3, 4, 5]], "whole": [7]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\3\4",
        file({"x": {"dtype": "F32"}}, b""),
        file({"x": {"dtype": "F8", "shape": [1], "data_offsets": [0, 1]}}, b"1"),
        file({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        read(content)
