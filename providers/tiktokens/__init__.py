"""Vocabularies of OpenAI's encodings, for clients that send token ids instead of text: names, digests, places.

Nothing heavy, and no network: a file is in a folder, or it is not there. `python -m providers.tiktokens.install` puts
both into the virtual environment at set-up.
"""

import sys
from pathlib import Path
from typing import Literal

from msgspec import Struct

Name = Literal["cl100k_base", "o200k_base"]


class Encoding(Struct, frozen=True):
    """`digest`: sha256 of the file; `cached`: the name it has in a TIKTOKEN_CACHE_DIR (sha1 of the address that
    tiktoken fetches it from); `special`: the ids that stand for marks and are not in the file.
    """

    digest: str
    cached: str
    special: dict[int, str]


ENCODINGS: dict[Name, Encoding] = {
    "cl100k_base": Encoding(
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        {
            100257: "<|endoftext|>",
            100258: "<|fim_prefix|>",
            100259: "<|fim_middle|>",
            100260: "<|fim_suffix|>",
            100276: "<|endofprompt|>",
        },
    ),
    "o200k_base": Encoding(
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        {199999: "<|endoftext|>", 200018: "<|endofprompt|>"},
    ),
}

FOLDER = Path(sys.prefix) / "share" / "halfpenny" / "tiktoken"
"""Where the set-up puts them, under tiktoken's own names, so that the folder is a TIKTOKEN_CACHE_DIR too."""
