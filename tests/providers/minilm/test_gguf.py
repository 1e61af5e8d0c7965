"""What we write is read by the format's own library."""

from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader
from numpy.typing import NDArray

from providers.minilm.gguf import Value, write


def test_every_kind_of_value_and_tensor_is_read_back(tmp_path: Path) -> None:
    values: dict[str, Value] = {
        "general.architecture": "bert",
        "a.whole": 7,
        "a.part": 0.5,
        "a.no": False,
        "a.words": ["ä", ""],
        "a.ids": [3, 1],
    }
    tensors: dict[str, NDArray[Any]] = {
        "matrix": np.arange(6, dtype=np.float16).reshape(2, 3),
        "vector": np.array([1.5, -2.0], dtype=np.float32),
    }
    write(tmp_path / "m.gguf", values, tensors)

    read = GGUFReader(tmp_path / "m.gguf")

    assert {name: read.fields[name].contents() for name in values} == values
    assert {tensor.name: tensor.data.tolist() for tensor in read.tensors} == {
        "matrix": [[0, 1, 2], [3, 4, 5]],
        "vector": [1.5, -2.0],
    }
