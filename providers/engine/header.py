"""A GGUF file's header, read with bounds and without llama.cpp: what it is and how large, or why it is refused.

Every count and length is checked against the bytes that are left before anything of that size is read or made, so a
hostile file costs neither memory nor time, and never reaches llama.cpp. Format: `docs/gguf.md` of ggml, versions 2, 3.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

Value = int | float | bool | str | tuple[int | float | bool, ...]

PAIRS, TENSORS = 65_536, 262_144
"""More metadata entries or tensors than any model has (a large one: 100 and 5 000)."""
KEY, NAME, TEXT, ELEMENTS = 65_535, 63, 64 * 1024 * 1024, 16_000_000
"""Longest key, tensor name and text in bytes; most elements of an array."""
KEPT = 4096
"""Elements of the longest array of numbers that is kept; longer ones, and those of texts, are passed over."""
CHUNK = 1024 * 1024
_SCALARS = {0: "B", 1: "b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "?", 10: "<Q", 11: "<q", 12: "<d"}
_SIZES = {kind: struct.calcsize(form) for kind, form in _SCALARS.items()}
_STRING, _ARRAY = 8, 9
# (numbers in a block, bytes of a block) by ggml's type number: the gguf package's GGML_QUANT_SIZES
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66),
    17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54),
    35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip


class HeaderError(Exception):
    """This is no GGUF file that can be served; the message says why, for the operator."""


class Header(Struct, frozen=True):
    """`fields` is the metadata without long arrays; `tensors` how many there are; `size` the file's bytes; `tokens` how
    many its vocabulary lists (0: none)."""

    fields: Mapping[str, Value]
    tensors: int
    size: int
    tokens: int = 0

    @property
    def architecture(self) -> str:
        """`llama`, `qwen2`, `bert` …"""
        return str(self.fields.get("general.architecture", "unknown"))

    @property
    def vocabulary(self) -> int:
        """How many tokens it knows; of a file that does not say, a large model's."""
        return self.tokens or self.number("vocab_size", 256_000)

    def number(self, name: str, default: int = 0) -> int:
        """A number of this architecture (`block_count`); the largest, where each layer has its own."""
        found = self.fields.get(f"{self.architecture}.{name}", default)
        values = found if isinstance(found, tuple) else (found,)
        return max((int(value) for value in values if isinstance(value, int)), default=default)


def read(path: Path) -> Header:
    """The header of a file. Raises HeaderError."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _Reader(file, size).header()
    except OSError as error:
        raise HeaderError(f"the model file {path} cannot be read: {error.strerror or error}") from error
    except HeaderError as error:
        raise HeaderError(f"{path} {error}") from error


class _Reader:
    """Bytes of a file from its beginning, in chunks; messages continue a sentence that begins with the file's name."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self._buffer, self._at, self._before = b"", 0, 0
        self._tokens = 0

    def header(self) -> Header:
        if self._take(4) != b"GGUF":
            raise HeaderError("is not a GGUF file (it does not begin with GGUF)")
        version = self._number("<I")
        if version not in (2, 3):
            raise HeaderError(f"is GGUF version {version}; versions 2 and 3, little-endian, can be served")
        tensors, pairs = self._number("<Q"), self._number("<Q")
        if tensors > TENSORS or pairs > PAIRS:
            raise HeaderError(f"is broken: it claims {tensors} tensors and {pairs} metadata entries")
        fields = dict(filter(None, (self._pair() for _ in range(pairs))))
        header = Header(fields, tensors, self._size, self._tokens)
        if "split.count" not in fields or tensors:
            self._data(tensors, fields)
        _sensible(header)
        return header

    def _pair(self) -> tuple[str, Value] | None:
        key = self._text(KEY)
        kind = self._number("<I")
        value = self._array(key) if kind == _ARRAY else self._value(kind)
        return None if value is None else (key, value)

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._text(TEXT)
        if kind not in _SCALARS:
            raise HeaderError(f"is broken: a metadata value of the unknown type {kind}")
        found: Value = struct.unpack(_SCALARS[kind], self._take(_SIZES[kind]))[0]
        return found

    def _array(self, key: str) -> Value | None:
        kind, count = self._number("<I"), self._number("<Q")
        if kind != _STRING and kind not in _SCALARS:
            raise HeaderError(f"is broken: an array of the unknown type {kind}")
        if count > ELEMENTS or count * _SIZES.get(kind, 8) > self._left():
            raise HeaderError(f"is broken: an array of {count} elements")
        if key == "tokenizer.ggml.tokens":
            self._tokens = count
        if kind == _STRING:
            for _ in range(count):
                self._skip(self._number("<Q"))
            return None
        data = self._take(count * _SIZES[kind])
        return None if count > KEPT else struct.unpack(f"<{count}{_SCALARS[kind][-1]}", data)

    def _data(self, tensors: int, fields: Mapping[str, Value]) -> None:
        """The tensors' table, whose data must lie within the file."""
        end = max((self._tensor() for _ in range(tensors)), default=0)
        align = fields.get("general.alignment", 32)
        if not isinstance(align, int) or not 0 < align <= 1 << 20:
            raise HeaderError(f"is broken: its alignment is {align!r:.40}")
        here = self._before + self._at
        missing = here + -here % align + end - self._size if tensors else 0
        if missing > 0:
            raise HeaderError(f"is not complete: {missing} bytes are missing at its end")

    def _tensor(self) -> int:
        """Where the data of the next tensor of the table ends, counted from the data's beginning."""
        name = self._text(NAME)
        dimensions = self._number("<I")
        if not 1 <= dimensions <= 4:
            raise HeaderError(f"is broken: its tensor {name!r} has {dimensions} dimensions")
        elements = 1
        for _ in range(dimensions):
            elements *= self._number("<Q")
        kind, offset = self._number("<I"), self._number("<Q")
        numbers, each = _BLOCKS.get(kind, (256, 1))  # a type that is newer than this table: llama.cpp knows
        if not 0 < elements < 1 << 50 or offset > self._size:
            raise HeaderError(f"is broken: its tensor {name!r} claims {elements} numbers at byte {offset}")
        return offset + -(-elements // numbers) * each

    def _number(self, form: str) -> int:
        found: int = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return found

    def _text(self, longest: int) -> str:
        length = self._number("<Q")
        if length > longest:
            raise HeaderError(f"is broken: a text of {length} bytes where at most {longest} make sense")
        return self._take(length).decode("utf-8", "replace")

    def _left(self) -> int:
        return self._size - self._before - self._at

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._buffer):
            if count > self._left():
                raise HeaderError("is not complete: it ends within its header")
            self._buffer = self._buffer[self._at :] + self._file.read(max(CHUNK, count))
            self._before, self._at, end = self._before + self._at, 0, count
            if end > len(self._buffer):
                raise HeaderError("is not complete: it ends within its header")
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def _skip(self, count: int) -> None:
        if count > self._left():
            raise HeaderError(f"is broken: a text of {count} bytes in a file of {self._size}")
        while count > CHUNK:
            self._take(CHUNK)
            count -= CHUNK
        self._take(count)


def _sensible(header: Header) -> None:
    """Refuse sizes that no model has: llama.cpp multiplies them."""
    if "general.architecture" not in header.fields:
        raise HeaderError("is no model: it does not say its architecture")
    if not header.tensors and "tokenizer.ggml.model" in header.fields and "split.count" not in header.fields:
        raise HeaderError("holds a vocabulary and no weights: it can count tokens, not answer")
    for name, most in {
        "block_count": 10_000,
        "embedding_length": 1 << 20,
        "attention.head_count": 1 << 16,
        "attention.key_length": 1 << 16,
        "attention.value_length": 1 << 16,
        "context_length": 1 << 30,
    }.items():
        if not 0 <= header.number(name) <= most:
            raise HeaderError(f"is broken: its {name} is {header.number(name)}")
