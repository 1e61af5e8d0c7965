"""What a training run can be gone on with: the newest state, and the best weights so far."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file

if TYPE_CHECKING:
    from routing.classifier.training.loop import Training

NEWEST, BEST = "newest.pt", "best.safetensors"


class Checkpoints:
    """Two files in a folder, each replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def exist(self) -> bool:
        """Whether there is anything to go on with."""
        return (self._folder / NEWEST).is_file()

    def save(self, training: "Training") -> None:
        """The state after this step."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{NEWEST}.new"
        torch.save(training.state(), fresh)
        fresh.replace(self._folder / NEWEST)

    def restore(self, training: "Training") -> None:
        """Be where the newest checkpoint stands. Raises OSError, or RuntimeError when it is of another model."""
        training.restore(torch.load(self._folder / NEWEST, map_location=training.encoder.device, weights_only=True))

    def keep(self, model: Any) -> None:
        """These weights are the best so far."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{BEST}.new"
        save_file({name: tensor.contiguous().cpu().clone() for name, tensor in model.state_dict().items()}, fresh)
        fresh.replace(self._folder / BEST)

    def best(self, model: Any) -> None:
        """Put the best weights into the model."""
        model.load_state_dict(load_file(self._folder / BEST))

    def remove(self) -> None:
        """The run is over."""
        shutil.rmtree(self._folder, ignore_errors=True)
