"""A sequence classifier of transformers and its tokenizer, as one thing that turns texts into logits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from routing.classifier.training.settings import Precision


class NoEncoder(Exception):
    """Why there is no model to train; the message is for the user."""


class Encoder:
    """`model` gives (batch, classes) logits; `read` tokens of a text count at most."""

    def __init__(self, model: Any, tokenizer: Any, device: torch.device, read: int) -> None:
        self.model, self.tokenizer, self.device = model.to(device), tokenizer, device
        longest = int(getattr(model.config, "max_position_embeddings", read))
        self.read = min(read, longest)

    def encoded(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """input_ids and attention_mask, (batch, tokens) each, padded to the longest."""
        made = self.tokenizer(list(texts), truncation=True, max_length=self.read, padding=True, return_tensors="pt")
        return {name: made[name].to(self.device) for name in ("input_ids", "attention_mask")}

    def __call__(self, texts: Sequence[str]) -> Tensor:
        return self.model(**self.encoded(texts)).logits  # type: ignore[no-any-return]

    @torch.no_grad()
    def logits(self, texts: Sequence[str], batch: int = 64) -> Tensor:
        """(texts, classes) on the CPU in fp32, without dropout."""
        self.model.eval()
        parts = [self(texts[at : at + batch]).float().cpu() for at in range(0, len(texts), batch)]
        return torch.cat(parts)

    def freeze(self) -> None:
        """Let only what stands upon the encoder learn."""
        for parameter in self.model.base_model.parameters():
            parameter.requires_grad = False

    def cool(self, temperature: float) -> bool:
        """Divide all later logits by this, in the last layer's weights; False where it has another form."""
        linear = (module for module in self.model.modules() if isinstance(module, torch.nn.Linear))
        last = [module for module in linear if module.out_features == self.model.config.num_labels]
        if not last:
            return False
        with torch.no_grad():
            for parameter in last[-1].parameters():
                parameter.div_(temperature)
        return True

    def save(self, folder: Path) -> None:
        """config.json, model.safetensors and the tokenizer's files."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def opened(name: str, classes: Sequence[str], device: torch.device, read: int) -> Encoder:
    """From a folder or the hub, with a fresh last layer for these classes. Raises NoEncoder."""
    labels = dict(enumerate(classes))
    disable_progress_bar()  # type: ignore[no-untyped-call]  # of reading a file that is here: it would stand between our own lines
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForSequenceClassification.from_pretrained(
            name,
            num_labels=len(labels),
            id2label=labels,
            label2id={name: at for at, name in labels.items()},
            ignore_mismatched_sizes=True,
            dtype=torch.float32,
        )
    except (OSError, ValueError, ImportError) as error:
        raise NoEncoder(f"the model {name} cannot be loaded: {str(error).splitlines()[0]}") from None
    return Encoder(model, tokenizer, device, read)


def device_of(wanted: str) -> torch.device:
    """`auto`: the best there is. Raises NoEncoder."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    name = next(kind for kind, is_there in there.items() if is_there) if wanted == "auto" else wanted
    if not there.get(name.split(":")[0], False):
        raise NoEncoder(f"there is no device {wanted} here")
    return torch.device(name)


def precision_of(wanted: Precision, device: torch.device) -> torch.dtype | None:
    """What autocast computes in; None: fp32 everywhere. Mixed precision is for CUDA. Raises NoEncoder."""
    if device.type != "cuda":
        if wanted in ("bf16", "fp16"):
            raise NoEncoder(f"mixed precision ({wanted}) needs CUDA, and this trains on {device.type}")
        return None
    best = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return {"auto": best, "bf16": torch.bfloat16, "fp16": torch.float16}.get(wanted)
