"""To ONNX in int8, which stays only when it says what the trained model says.

By way of `torch.export`: the older road, TorchScript, gave wrong embeddings for transformers' BERT without a word.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from msgspec import Struct
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic

from routing.classifier.training.assess import probabilities
from routing.classifier.training.encoder import Encoder

FULL, SMALL = "model.onnx", "model.int8.onnx"
SAME, CLOSE, AGREED = 1e-3, 0.02, 0.98
"""fp32: the largest difference of logits; int8: the mean difference of probabilities, and the share of labels alike."""
COMPARED = 100


class Proof(Struct, frozen=True):
    """How far the exports are from the trained model, on so many texts; `int8` says whether that file stayed."""

    texts: int
    fp32_logit_difference: float
    int8_mean_difference: float
    int8_labels_alike: float
    int8: bool
    bytes: int


class NotEqual(Exception):
    """The fp32 export says something else than the model: nothing was kept."""


class _Logits(torch.nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits  # type: ignore[no-any-return]


def export(encoder: Encoder, texts: Sequence[str], folder: Path) -> Proof:
    """Write both forms, compare on these texts, keep the int8 one if it is equal. Raises NotEqual."""
    encoder.model.eval()
    with _quiet():
        _write(encoder, texts, folder / FULL)
        quantize_dynamic(folder / FULL, folder / SMALL, per_channel=True, weight_type=QuantType.QInt8)
    return proved(encoder, texts, folder)


def proved(encoder: Encoder, texts: Sequence[str], folder: Path) -> Proof:
    """Compare the folder's two forms with the model, and keep one. Raises NotEqual, and then keeps none."""
    texts, full, small = texts[:COMPARED], folder / FULL, folder / SMALL
    truth = encoder.logits(texts, batch=16).numpy()
    difference = float(np.abs(run(full, encoder, texts) - truth).max())
    if difference > SAME:
        full.unlink()
        small.unlink()
        raise NotEqual(f"logits of the export differ by up to {difference:.4f}")
    said = run(small, encoder, texts)
    mean = float(np.abs(probabilities(said.astype(np.float64)) - probabilities(truth.astype(np.float64))).mean())
    alike = float((said.argmax(axis=1) == truth.argmax(axis=1)).mean())
    equal = mean <= CLOSE and alike >= AGREED
    (full if equal else small).unlink()
    return Proof(len(truth), difference, mean, alike, equal, (small if equal else full).stat().st_size)


def run(path: Path, encoder: Encoder, texts: Sequence[str], batch: int = 16) -> NDArray[np.float32]:
    """(texts, classes): the logits of an ONNX file."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    parts = []
    for at in range(0, len(texts), batch):
        fed = {name: tensor.cpu().numpy() for name, tensor in encoder.encoded(texts[at : at + batch]).items()}
        parts.append(session.run(["logits"], fed)[0])
    return np.concatenate(parts)


def _write(encoder: Encoder, texts: Sequence[str], path: Path) -> None:
    example = encoder.encoded(texts[:2])
    batch, tokens = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("tokens", min=2, max=encoder.read)
    program = torch.onnx.export(
        _Logits(encoder.model).eval(),
        (example["input_ids"], example["attention_mask"]),
        dynamo=True,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_shapes=({0: batch, 1: tokens}, {0: batch, 1: tokens}),
        verbose=False,
    )
    assert program is not None  # it never is, by way of dynamo
    made = program.model_proto
    del made.graph.value_info[:]  # shapes that were noted on the way contradict those which the quantiser infers
    onnx.save(made, path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Exporter and quantiser speak of deprecations and of what might be faster; none of it is the user's business."""
    names = ("torch.onnx", "torch.onnx._internal.exporter._registration", "onnxscript", "root")
    loggers = [logging.getLogger(None if name == "root" else name) for name in names]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
