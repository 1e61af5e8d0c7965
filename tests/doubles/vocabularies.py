"""Vocabulary files of published models, which llama.cpp ships without weights; where from: the folder's README."""

import lzma
from pathlib import Path

from providers.engine.llama import Model

FOLDER = Path(__file__).resolve().parents[1] / "providers/engine/vocabularies"
NAMES = ("phi-3", "bert-bge")


def unpacked(name: str, folder: Path) -> Path:
    """The GGUF of this name."""
    path = folder / f"{name}.gguf"
    path.write_bytes(lzma.decompress((FOLDER / f"{name}.gguf.xz").read_bytes()))
    return path


def vocabulary(path: Path) -> Model:
    """Its tokeniser and its template; nothing can be decoded."""

    def only(params: object) -> None:
        params.vocab_only = True  # type: ignore[attr-defined]

    return Model(path, lambda _share: True, only)
