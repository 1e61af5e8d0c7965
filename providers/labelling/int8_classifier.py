"""A two-label sequence classifier from its int8 ONNX export: the only file here that loads onnxruntime, and no torch.

It is an `encoding.Tokenizer` and an `encoding.Batch` at once, as `sequence_classifier.SequenceClassifier` is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from providers.labelling.fetching import CONFIG, NoModel
from providers.labelling.folder import FULL, INT8, LABELS, TOKENIZER, Reader, described, identity

FEWEST = 2
"""Tokens of a text: the export was made for no fewer."""


class Int8Classifier(Reader):
    """The export in `folder`. `context` is the longest text in tokens, `sequences` how many share a batch at most.

    Raises NoModel for files that hold no two-label classifier.
    """

    width = LABELS

    def __init__(self, folder: Path, context: int, sequences: int, threads: int | None = None) -> None:
        self.architecture, limit = described(folder)
        self.context = min(context, limit)
        self.sequences, self.tokens = sequences, FULL * self.context
        self.identity = identity(folder, (CONFIG, INT8, TOKENIZER))
        try:
            super().__init__(Tokenizer.from_file(str(folder / TOKENIZER)), self.context)
            self._session = onnxruntime.InferenceSession(
                folder / INT8, _options(threads), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # of two libraries, whose errors have no class in common
            raise NoModel(f"{folder / INT8} cannot be served: {error}; without it the model itself is") from error
        if {given.name for given in self._session.get_inputs()} != {"input_ids", "attention_mask"}:
            raise NoModel(f"{folder / INT8} is no export of `halfpenny router train`; without it the model is served")

    def vectors(self, texts: Sequence[Sequence[int]]) -> list[bytes]:
        """The probabilities of both labels for each text's tokens, as little-endian float32."""
        ids = np.zeros((len(texts), max(FEWEST, *map(len, texts))), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
        found = (raised / raised.sum(axis=-1, keepdims=True)).astype("<f4")
        return [row.tobytes() for row in found]


def _options(threads: int | None) -> "onnxruntime.SessionOptions":
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others need the cores too
    options.log_severity_level = 3
    return options
