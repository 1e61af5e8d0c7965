"""A two-label sequence classifier of transformers (DistilBERT, BERT, MiniLM …): the only file here that loads torch.

It is an `encoding.Tokenizer` and an `encoding.Batch` at once: tokens in, the probability of both labels out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from providers.labelling.client import Device
from providers.labelling.fetching import WEIGHTS, NoModel
from providers.labelling.folder import FULL, LABELS, Reader, described, identity


class SequenceClassifier(Reader):
    """The model in `folder`. `context` is the longest text in tokens, `sequences` how many share a batch at most.

    Raises NoModel for files that hold no two-label classifier, or a device that is not here.
    """

    width = LABELS

    def __init__(self, folder: Path, device: Device, context: int, sequences: int, threads: int | None = None) -> None:
        _check_device(device)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # standard error is for what went wrong
        if threads is not None:
            torch.set_num_threads(threads)
        self.architecture, limit = described(folder)
        if not (folder / WEIGHTS).is_file():
            raise NoModel(f"{folder} has no {WEIGHTS}: save the model with safe_serialization=True")
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
        super().__init__(tokenizer, self.context)
        self._model: Any = model.eval().to(self._device)

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


def _check_device(device: Device) -> None:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        why = f"torch {torch.__version__} sees no such device here: set it to cpu"
        raise NoModel(f"MODEL_DEVICE is {device}, and {why}")
