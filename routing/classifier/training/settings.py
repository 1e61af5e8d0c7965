"""How an encoder is trained: every choice, as the command's flags name them."""

from typing import Literal

from msgspec import Struct

Target = Literal["label", "task"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


class Settings(Struct, frozen=True):
    """`data`: files of outcomes or of Dolly-style categories; `model`: a folder or a hub id; `target`: S2's label 0/1,
    or the category; `patience`: epochs without a better validation loss; `freeze`: train the last layer alone;
    `max_length`: tokens read of a text; `checkpoint_steps`: steps between two checkpoints inside an epoch."""

    data: tuple[str, ...]
    output_dir: str
    model: str = "distilbert-base-uncased"
    target: Target = "label"
    max_epochs: int = 10
    patience: int = 3
    learning_rate: float = 2e-5
    batch_size: int = 32
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    max_length: int = 256
    log_interval: int = 10
    checkpoint_steps: int = 500
    freeze: bool = False
    seed: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    pushgateway_url: str = ""

    def __post_init__(self) -> None:
        positive = (self.max_epochs, self.patience, self.batch_size, self.log_interval, self.checkpoint_steps)
        if min(positive) < 1 or self.max_length < 8:
            raise ValueError(
                "epochs, patience, batch size and intervals are at least 1, and 8 tokens are read at least"
            )
        if not 0 <= self.warmup_ratio < 1 or self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError("the learning rate is above 0, and the warm-up ratio at least 0 and below 1")


def rate(step: int, total: int, warmup_ratio: float) -> float:
    """The learning rate of a step, counted from 0, as a share of the highest: linear warm-up, then linear decay."""
    warmup = int(total * warmup_ratio)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return max(0.0, (total - step) / max(1, total - warmup))
