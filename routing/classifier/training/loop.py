"""The training loop: AdamW, warm-up and decay, early stopping; a checkpoint continues as if it had never stopped."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from msgspec import Struct
from torch.nn.functional import cross_entropy

from routing.classifier.training.checkpoints import Checkpoints
from routing.classifier.training.encoder import Encoder, precision_of
from routing.classifier.training.examples import Example
from routing.classifier.training.settings import Settings, rate

CLIPPED = 1.0
"""The gradient's norm is cut here, as BERT's authors do."""


class Step(Struct, frozen=True):
    """`step` counts from 1; `gradient_norm` before it was cut."""

    step: int
    epoch: int
    loss: float
    learning_rate: float
    gradient_norm: float


class Epoch(Struct, frozen=True):
    """After a whole epoch; `best`: whether the validation loss was the lowest so far."""

    step: int
    epoch: int
    validation_loss: float
    validation_accuracy: float
    best: bool


class Watch(Protocol):
    """Who is told how it goes."""

    def step(self, seen: Step, total: int) -> None: ...

    def epoch(self, seen: Epoch) -> None: ...


class Training:
    """One run over these examples. `run` begins where the newest checkpoint stands."""

    def __init__(self, encoder: Encoder, train: Sequence[Example], validate: Sequence[Example], how: Settings) -> None:
        self.encoder, self.how = encoder, how
        self._train, self._validate = train, validate
        self.per_epoch = -(-len(train) // how.batch_size)
        self.total = self.per_epoch * how.max_epochs
        learning = [parameter for parameter in encoder.model.parameters() if parameter.requires_grad]
        self._learning = learning
        self.optimizer = torch.optim.AdamW(learning, lr=how.learning_rate, weight_decay=how.weight_decay)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: rate(step, self.total, how.warmup_ratio)
        )
        self._dtype = precision_of(how.precision, encoder.device)
        self.scaler = torch.amp.GradScaler(encoder.device.type, enabled=self._dtype == torch.float16)
        self.done, self.best, self.worse = 0, float("inf"), 0

    def run(self, checkpoints: Checkpoints, watch: Watch) -> None:
        """Train until nothing gets better or the epochs are over; the best weights are in `checkpoints`."""
        while self.done < self.total and self.worse < self.how.patience:
            for batch in self._rest_of_the_epoch():
                watch.step(self._advance(batch), self.total)
                if self.done % self.how.checkpoint_steps == 0 and self.done % self.per_epoch:
                    checkpoints.save(self)
            watch.epoch(self._assess(checkpoints))
            checkpoints.save(self)

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        parts = {name: getattr(self, name).state_dict() for name in ("optimizer", "scheduler", "scaler")}
        rng = {"cpu": torch.get_rng_state()}
        if self.encoder.device.type == "cuda":
            rng["cuda"] = torch.cuda.get_rng_state(self.encoder.device)
        counts = {name: getattr(self, name) for name in ("done", "best", "worse")}
        return {"model": self.encoder.model.state_dict(), "rng": rng, **parts, **counts}

    def restore(self, state: dict[str, Any]) -> None:
        """Be where that state was taken."""
        self.encoder.model.load_state_dict(state["model"])
        for name in ("optimizer", "scheduler", "scaler"):
            getattr(self, name).load_state_dict(state[name])
        self.done, self.best, self.worse = state["done"], state["best"], state["worse"]
        torch.set_rng_state(state["rng"]["cpu"].cpu())
        if "cuda" in state["rng"]:
            torch.cuda.set_rng_state(state["rng"]["cuda"].cpu(), self.encoder.device)

    def _rest_of_the_epoch(self) -> Iterator[list[Example]]:
        """The batches that are left; their order follows from the seed and the epoch alone."""
        epoch, gone = divmod(self.done, self.per_epoch)
        order = torch.randperm(
            len(self._train), generator=torch.Generator().manual_seed(self.how.seed * 10_007 + epoch)
        )
        for at in range(gone, self.per_epoch):
            chosen = order[at * self.how.batch_size : (at + 1) * self.how.batch_size].tolist()
            yield [self._train[index] for index in chosen]

    def _advance(self, batch: Sequence[Example]) -> Step:
        self.encoder.model.train()
        learning_rate = float(self.scheduler.get_last_lr()[0])
        with torch.autocast(self.encoder.device.type, self._dtype, enabled=self._dtype is not None):
            logits = self.encoder([example.text for example in batch])
            loss = cross_entropy(logits.float(), self._shares(batch))
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self._learning, CLIPPED)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.scheduler.step()
        self.done += 1
        return Step(
            self.done, (self.done - 1) // self.per_epoch + 1, float(loss.detach()), learning_rate, float(norm.detach())
        )

    def _shares(self, batch: Sequence[Example]) -> torch.Tensor:
        return torch.tensor([example.share for example in batch], device=self.encoder.device)

    def _assess(self, checkpoints: Checkpoints) -> Epoch:
        logits = self.encoder.logits([example.text for example in self._validate])
        shares = torch.tensor([example.share for example in self._validate])
        loss = float(cross_entropy(logits, shares))
        right = float((logits.argmax(1) == shares.argmax(1)).float().mean())
        better = loss < self.best
        self.best, self.worse = (loss, 0) if better else (self.best, self.worse + 1)
        if better:
            checkpoints.keep(self.encoder.model)
        return Epoch(self.done, self.done // self.per_epoch, loss, right, better)
