"""The training loop on a tiny BERT: it learns, stops early, and resumes to the very same losses."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")
import torch

from routing.classifier.training.checkpoints import Checkpoints
from routing.classifier.training.encoder import Encoder, NoEncoder, device_of, opened, precision_of
from routing.classifier.training.examples import Example
from routing.classifier.training.loop import Epoch, Step, Training
from routing.classifier.training.settings import Settings
from tests.doubles.berts import tiny_bert

FAST, SLOW = (1.0, 0.0), (0.0, 1.0)
EXAMPLES = [
    example
    for at in range(30)
    for example in (Example(f"sum the number {at}", FAST), Example(f"write a poem of {at} lines", SLOW))
]


class Seen:
    """Remembers; `stop_at` is the step at which the machine dies."""

    def __init__(self, stop_at: int = 0) -> None:
        self.steps: list[Step] = []
        self.epochs: list[Epoch] = []
        self._stop_at = stop_at

    def step(self, seen: Step, total: int) -> None:
        if seen.step == self._stop_at:
            raise KeyboardInterrupt
        self.steps.append(seen)

    def epoch(self, seen: Epoch) -> None:
        self.epochs.append(seen)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Threads that wait for each other collapse on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert"), [example.text for example in EXAMPLES])


def encoder(bert: Path) -> Encoder:
    torch.manual_seed(3)
    return opened(str(bert), ("0", "1"), torch.device("cpu"), 16)


def training(bert: Path, examples: list[Example] = EXAMPLES, **how: Any) -> Training:
    chosen = {"max_epochs": 3, "batch_size": 16, "learning_rate": 3e-3, "checkpoint_steps": 3, **how}
    return Training(encoder(bert), examples[:40], examples[40:], Settings((), "", **chosen))


def test_it_learns_what_tells_the_classes_apart(bert: Path, tmp_path: Path) -> None:
    made, seen = training(bert, max_epochs=8), Seen()
    made.run(Checkpoints(tmp_path), seen)
    assert [step.step for step in seen.steps] == list(range(1, 25))
    assert seen.epochs[-1].validation_loss < 0.1 < seen.epochs[0].validation_loss
    assert seen.epochs[-1].validation_accuracy == 1.0
    assert all(step.gradient_norm > 0 for step in seen.steps)
    rates = [step.learning_rate for step in seen.steps]
    assert max(rates) == rates[2] == 3e-3 and rates[-1] == pytest.approx(3e-3 / 22)


def test_a_run_that_was_killed_goes_on_to_the_same_losses_and_weights(bert: Path, tmp_path: Path) -> None:
    whole, seen = training(bert), Seen()
    whole.run(Checkpoints(tmp_path / "whole"), seen)
    killed, first = training(bert), Seen(stop_at=5)
    with pytest.raises(KeyboardInterrupt):
        killed.run(Checkpoints(tmp_path / "cut"), first)
    torch.manual_seed(99)  # another process, with another state of chance
    resumed, second = training(bert), Seen()
    Checkpoints(tmp_path / "cut").restore(resumed)
    assert resumed.done == 3
    resumed.run(Checkpoints(tmp_path / "cut"), second)
    assert seen.steps == [*first.steps[:3], *second.steps]
    assert seen.epochs == [*first.epochs, *second.epochs]
    for name, weight in whole.encoder.model.state_dict().items():
        assert torch.equal(weight, resumed.encoder.model.state_dict()[name]), name


def test_it_stops_when_nothing_gets_better_and_keeps_the_best(bert: Path, tmp_path: Path) -> None:
    turned = [Example(example.text, (example.share[1], example.share[0])) for example in EXAMPLES[40:]]
    made, seen = training(bert, [*EXAMPLES[:40], *turned], max_epochs=20, patience=2), Seen()
    checkpoints = Checkpoints(tmp_path)
    made.run(checkpoints, seen)
    best = min(epoch.validation_loss for epoch in seen.epochs)
    at = next(at for at, epoch in enumerate(seen.epochs) if epoch.validation_loss == best)
    assert len(seen.epochs) == at + 1 + 2 < 20
    checkpoints.best(made.encoder.model)
    logits = made.encoder.logits([example.text for example in turned])
    shares = torch.tensor([example.share for example in turned])
    assert float(torch.nn.functional.cross_entropy(logits, shares)) == pytest.approx(best, rel=1e-5)


def test_a_frozen_encoder_keeps_its_weights(bert: Path, tmp_path: Path) -> None:
    its = encoder(bert)
    before = {name: weight.clone() for name, weight in its.model.state_dict().items()}
    its.freeze()
    Training(its, EXAMPLES[:40], EXAMPLES[40:], Settings((), "", max_epochs=1)).run(Checkpoints(tmp_path), Seen())
    moved = {name for name, weight in its.model.state_dict().items() if not torch.equal(weight, before[name])}
    assert moved == {"classifier.weight", "classifier.bias"}


def test_cooling_divides_logits(bert: Path) -> None:
    its = encoder(bert)
    before = its.logits(["a poem"])
    assert its.cool(2.0)
    assert torch.allclose(its.logits(["a poem"]) * 2, before, atol=1e-6)


def test_what_is_not_here_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoEncoder, match="cannot be loaded"):
        opened(str(tmp_path / "none"), ("0", "1"), torch.device("cpu"), 16)
    with pytest.raises(NoEncoder, match="needs CUDA"):
        precision_of("bf16", torch.device("cpu"))
    assert precision_of("auto", torch.device("cpu")) is None
    with pytest.raises(NoEncoder, match="no device tpu"):
        device_of("tpu")
