"""A two-label sequence classifier of transformers (DistilBERT, BERT, MiniLM …): the only file that loads one.

It is an `encoding.Tokenizer` and an `encoding.Batch` at once: tokens in, the probability of both labels out.
"""

import json
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from providers.labelling.client import Device
from providers.labelling.fetching import CONFIG, WEIGHTS, NoModel

FULL = 16
"""A batch holds the tokens of so many texts of the greatest length."""
LABELS = 2
LONGEST_TOKEN = 100
"""Characters; WordPiece knows no longer word."""


class SequenceClassifier:
    """The model in `folder`. `context` is the longest text in tokens, `sequences` how many share a batch at most.

    Raises NoModel for files that hold no two-label classifier, or a device that is not here.
    """

    width = LABELS

    def __init__(self, folder: Path, device: Device, context: int, sequences: int, threads: int | None = None) -> None:
        _check_device(device)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # standard error is for what went wrong
        if threads is not None:
            torch.set_num_threads(threads)
        self.architecture, limit = _described(folder)
        self.context = min(context, limit)
        self.sequences, self.tokens = sequences, FULL * self.context
        self.identity = identity(folder)
        self._device = torch.device(device)
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True).backend_tokenizer
            model = AutoModelForSequenceClassification.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
            )
        except Exception as error:  # of three libraries, which have no error in common
            raise NoModel(f"{folder} holds no sequence classifier that transformers can read: {error}") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer: Any = tokenizer
        self._model: Any = model.eval().to(self._device)
        added = tokenizer.get_added_tokens_decoder()
        self.special = frozenset(id for id, token in added.items() if token.special)

    def tokenize(self, text: str, *, special: bool = False, framed: bool = True) -> list[int]:
        """Token ids, with the model's marks around them when `framed`; words of control stay words."""
        self._tokenizer.encode_special_tokens = not special
        read = text[: LONGEST_TOKEN * self.context]  # what comes later is cut anyway, and reading it would take seconds
        return list(self._tokenizer.encode(read, add_special_tokens=framed).ids)

    def vectors(self, texts: Sequence[Sequence[int]]) -> list[bytes]:
        """The probabilities of both labels for each text's tokens, as little-endian float32."""
        longest = max(map(len, texts))
        ids = np.zeros((len(texts), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.from_numpy(ids).to(self._device), attention_mask=torch.from_numpy(mask).to(self._device)
            ).logits
            found = logits.float().softmax(-1).cpu().numpy().astype("<f4")
        return [row.tobytes() for row in found]


def identity(folder: Path) -> str:
    """Of the files' contents: the same on every machine, another whenever a text might be labelled otherwise."""
    digests = []
    for path in sorted((folder / name for name in (CONFIG, WEIGHTS, "tokenizer.json")), key=str):
        if path.is_file():
            with path.open("rb") as file:
                digests.append(file_digest(file, "sha256").hexdigest()[:16])
    return "-".join(digests)


def _described(folder: Path) -> tuple[str, int]:
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
    if not (folder / WEIGHTS).is_file():
        raise NoModel(f"{folder} has no {WEIGHTS}: save the model with safe_serialization=True")
    return said.get("model_type", "unknown"), int(said.get("max_position_embeddings") or 512)


def _check_device(device: Device) -> None:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        why = f"torch {torch.__version__} sees no such device here: set it to cpu"
        raise NoModel(f"MODEL_DEVICE is {device}, and {why}")
