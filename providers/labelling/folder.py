"""What a sequence classifier's folder says of itself, read without torch: labels, longest text, tokens, identity."""

import json
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

from providers.labelling.fetching import CONFIG, WEIGHTS, NoModel

TOKENIZER = "tokenizer.json"
INT8 = "model.int8.onnx"
"""What `halfpenny router train` exports, where it is proved to say what the model says."""
LABELS = 2
FULL = 16
"""A batch holds the tokens of so many texts of the greatest length."""
LONGEST_TOKEN = 100
"""Characters; WordPiece knows no longer word."""


class Reader:
    """Text to tokens by a tokenizer of `tokenizers`; what is longer than `context` tokens is not read to its end."""

    def __init__(self, tokenizer: Any, context: int) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer, self._context = tokenizer, context
        added = tokenizer.get_added_tokens_decoder()
        self.special = frozenset(id for id, token in added.items() if token.special)

    def tokenize(self, text: str, *, special: bool = False, framed: bool = True) -> list[int]:
        """Token ids, with the model's marks around them when `framed`; words of control stay words."""
        self._tokenizer.encode_special_tokens = not special
        read = text[: LONGEST_TOKEN * self._context]  # later ones are cut anyway, and reading them would take seconds
        return list(self._tokenizer.encode(read, add_special_tokens=framed).ids)


def described(folder: Path) -> tuple[str, int]:
    """The architecture and the longest text in tokens, by config.json. Raises NoModel."""
    try:
        said = json.loads((folder / CONFIG).read_bytes())
    except (OSError, ValueError) as error:
        raise NoModel(f"{folder / CONFIG} cannot be read: {error}") from error
    labels = len(said.get("id2label") or {}) or said.get("num_labels", LABELS)
    if labels != LABELS:
        raise NoModel(f"the model in {folder} tells {labels} labels apart, and the query classifier has two")
    classifies = [name for name in said.get("architectures") or () if name.endswith("ForSequenceClassification")]
    if not classifies:
        raise NoModel(f"the model in {folder} is no sequence classifier: config.json names {said.get('architectures')}")
    return said.get("model_type", "unknown"), int(said.get("max_position_embeddings") or 512)


def identity(folder: Path, names: Sequence[str] = (CONFIG, WEIGHTS, TOKENIZER)) -> str:
    """Of the files' contents: the same on every machine, another whenever a text might be labelled otherwise."""
    digests = []
    for path in sorted((folder / name for name in names), key=str):
        if path.is_file():
            with path.open("rb") as file:
                digests.append(file_digest(file, "sha256").hexdigest()[:16])
    return "-".join(digests)
