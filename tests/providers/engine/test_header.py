"""Headers of real files, and of files made to hurt (F75): read or refused, with bounded time and memory."""

import random
import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.engine.header import TENSORS, Header, HeaderError, read
from providers.tiny import MODEL_PATH
from tests.doubles import ggufs

U64 = (1 << 64) - 1


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def made(path: Path, pairs: bytes, count: int, *, tensors: int = 0, table: bytes = b"", version: int = 3) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, tensors, count) + pairs + table)
    return path


def named(architecture: bytes = b"llama") -> bytes:
    return text(b"general.architecture") + struct.pack("<I", 8) + text(architecture)


def test_the_shipped_model_is_read() -> None:
    header = read(MODEL_PATH)
    assert (header.architecture, header.number("block_count"), header.number("context_length")) == ("llama", 6, 1024)
    assert header.size == MODEL_PATH.stat().st_size
    assert header.tensors > 6
    assert header.number("attention.head_count_kv") == 2
    assert "tokenizer.ggml.tokens" not in header.fields
    assert header.vocabulary == header.tokens == 4096
    assert (Header({}, 0, 0).vocabulary, Header({}, 0, 0, 7).vocabulary) == (256_000, 7)


@pytest.mark.parametrize("make", [ggufs.foreign, ggufs.embedder])
def test_files_that_are_whole_are_read(tmp_path: Path, make: object) -> None:
    assert callable(make)
    assert isinstance(read(make(tmp_path / "m.gguf")), Header)


def test_a_vocabulary_alone_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match="gguf holds a vocabulary and no weights"):
        read(ggufs.vocabulary(tmp_path / "m.gguf"))


def test_a_number_for_each_layer_counts_as_its_largest(tmp_path: Path) -> None:
    each = text(b"llama.attention.head_count_kv") + struct.pack("<IIQ3I", 9, 4, 3, 2, 8, 0)
    assert read(made(tmp_path / "m", named() + each, 2)).number("attention.head_count_kv") == 8


HOSTILE = {
    "2^60 elements": (named() + text(b"a") + struct.pack("<IIQ", 9, 4, 1 << 60), 2, "array of"),
    "2^60 texts": (named() + text(b"a") + struct.pack("<IIQ", 9, 8, 1 << 60), 2, "array of"),
    "a text of 2^63 bytes": (named() + text(b"a") + struct.pack("<IQ", 8, 1 << 63), 2, "text of"),
    "a huge text in an array": (named() + text(b"a") + struct.pack("<IIQQ", 9, 8, 1, U64), 2, "text of"),
    "a nested array": (named() + text(b"a") + struct.pack("<IIQ", 9, 9, 1), 2, "unknown type"),
    "an unknown type": (named() + text(b"a") + struct.pack("<I", 99), 2, "unknown type"),
    "2^64 entries": (named(), U64, "metadata entries"),
    "fewer entries than said": (named(), 5, "ends within"),
    "no architecture": (b"", 0, "does not say"),
    "2^31 layers": (named() + text(b"llama.block_count") + struct.pack("<II", 4, 1 << 31), 2, "block_count"),
    "negative layers": (named() + text(b"llama.block_count") + struct.pack("<Ii", 5, -1), 2, "block_count"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_f75_hostile_metadata_is_refused_at_once(tmp_path: Path, name: str) -> None:
    pairs, count, reason = HOSTILE[name]
    tracemalloc.start()
    with pytest.raises(HeaderError, match=reason):
        read(made(tmp_path / "m", pairs, count))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def tensor(name: bytes = b"t", shape: tuple[int, ...] = (32,), kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


@pytest.mark.parametrize(
    ("tensors", "table", "reason"),
    [
        (TENSORS + 1, b"", "tensors"),
        (U64, b"", "tensors"),
        (1, tensor(shape=(1 << 40, 1 << 40)), "claims"),
        (1, tensor(shape=(0,)), "claims"),
        (1, tensor(shape=(1, 1, 1, 1, 1)), "dimensions"),
        (1, tensor(name=b"n" * 1000), "text of"),
        (1, tensor(offset=1 << 60), "claims"),
        (1, tensor(shape=(1000,)), "bytes are missing"),
        (2, tensor(), "ends within"),
    ],
)
def test_f75_hostile_tensor_tables_are_refused(tmp_path: Path, tensors: int, table: bytes, reason: str) -> None:
    with pytest.raises(HeaderError, match=reason):
        read(made(tmp_path / "m", named(), 1, tensors=tensors, table=table))


def test_what_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"GGML junk")
    with pytest.raises(HeaderError, match="not a GGUF file"):
        read(tmp_path / "junk")
    (tmp_path / "empty").touch()
    with pytest.raises(HeaderError, match="ends within"):
        read(tmp_path / "empty")
    with pytest.raises(HeaderError, match="version 1"):
        read(made(tmp_path / "old", b"", 0, version=1))
    for missing in (tmp_path / "missing", tmp_path):
        with pytest.raises(HeaderError, match="cannot be read"):
            read(missing)


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: Path, greeting: Path) -> None:
    data = greeting.read_bytes()
    for end in random.Random(1).sample(range(4, len(data) - 1), 60):
        (tmp_path / "cut").write_bytes(data[:end])
        with pytest.raises(HeaderError, match=r"not complete|ends within|broken"):
            read(tmp_path / "cut")


CHANGES = st.lists(st.tuples(st.integers(0, 8000), st.binary(min_size=1, max_size=9)), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, cut=st.integers(0, 40_000))
def test_f75_mutated_files_are_read_or_refused_quickly(
    tmp_path: Path, greeting: Path, changes: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(greeting.read_bytes())
    for at, replaced in changes:
        data[at : at + len(replaced)] = replaced
    (tmp_path / "m").write_bytes(data[: len(data) - cut])
    began = time.monotonic()
    try:
        assert isinstance(read(tmp_path / "m"), Header)
    except HeaderError as error:
        assert str(error).startswith(str(tmp_path))
    assert time.monotonic() - began < 10
