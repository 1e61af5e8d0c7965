"""A whole training run: rows, encoder, loop, calibration, figures on unseen rows, pictures, card, export."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import torch
from msgspec import structs

from routing.classifier.training import exporting
from routing.classifier.training.assess import Worth, assessed, temperature
from routing.classifier.training.card import card
from routing.classifier.training.checkpoints import Checkpoints
from routing.classifier.training.encoder import Encoder, device_of, opened
from routing.classifier.training.examples import Example, Examples, read
from routing.classifier.training.loop import Epoch, Step, Training
from routing.classifier.training.pushgateway import Pushgateway
from routing.classifier.training.run_folder import CARD, RunFolder
from routing.classifier.training.settings import Settings

CHECKPOINTS = "checkpoints"
FREE = ("data", "output_dir", "device", "pushgateway_url", "log_interval", "checkpoint_steps")
"""Settings that a resumed run may have otherwise; its data is compared by content."""
Say = Callable[[str], None]


class NotResumed(Exception):
    """Why a run cannot be gone on with, or begun; the message is for the user."""


class Reporter:
    """Told of every step: writes metrics, pushes them, shows progress."""

    def __init__(
        self, folder: RunFolder, gateway: Pushgateway, every: int, show: Callable[[Step, int], None], say: Say
    ):
        self._folder, self._gateway, self._every, self._show, self._say = folder, gateway, every, show, say

    def step(self, seen: Step, total: int) -> None:
        """After each optimiser step; the files and the gateway hear of every `every`th."""
        self._show(seen, total)
        if seen.step % self._every == 0 or seen.step == total:
            self._folder.measure(structs.asdict(seen))
            self._gateway.push(structs.asdict(seen))

    def epoch(self, seen: Epoch) -> None:
        """After each epoch."""
        self._folder.measure(structs.asdict(seen))
        self._gateway.push({**structs.asdict(seen)})
        mark = ", the best so far" if seen.best else ""
        self._say(
            f"epoch {seen.epoch}: validation loss {seen.validation_loss:.4f}, "
            f"accuracy {seen.validation_accuracy:.3f}{mark}"
        )


def fine_tune(how: Settings, run_id: str, resume: bool, show: Callable[[Step, int], None], say: Say) -> dict[str, Any]:
    """Train, or go on training; the record of the run. Raises BadRows, NoEncoder, NotResumed or OSError."""
    folder, checkpoints = RunFolder(Path(how.output_dir)), Checkpoints(Path(how.output_dir) / CHECKPOINTS)
    data = {Path(path).name: sha256(Path(path).read_bytes()).hexdigest() for path in how.data}
    begun = _begun(folder, checkpoints, how, data, resume)
    examples = read([Path(path) for path in how.data], how.target)
    run_id = str(begun.get("run_id", run_id))
    torch.manual_seed(how.seed)
    encoder = opened(how.model, examples.classes, device_of(how.device), how.max_length)
    if how.freeze:
        encoder.freeze()
    training = Training(encoder, examples.parts["train"], examples.parts["calibrate"], how)
    if resume:
        checkpoints.restore(training)
        folder.forget_after(training.done)
    else:
        folder.note({"run_id": run_id, "settings": structs.asdict(how), "classes": examples.classes, "data": data})
    gateway = Pushgateway(how.pushgateway_url, run_id, say)
    say(f"run {run_id}: {len(examples.parts['train'])} texts, {training.total} steps at most, on {encoder.device}")
    training.run(checkpoints, Reporter(folder, gateway, how.log_interval, show, say))
    checkpoints.best(encoder.model)
    found = _finished(folder, encoder, examples, training, say)
    checkpoints.remove()
    return found


def _begun(
    folder: RunFolder, checkpoints: Checkpoints, how: Settings, data: Mapping[str, str], resume: bool
) -> dict[str, Any]:
    """What is there already. Raises NotResumed."""
    begun = folder.record()
    if not resume:
        if begun:
            raise NotResumed(f"{folder.folder} holds a run already: name another folder, or go on with it by --resume")
        return {}
    if "unseen" in begun:
        raise NotResumed(f"the run in {folder.folder} is finished")
    if not begun or not checkpoints.exist():
        raise NotResumed(f"there is no checkpoint in {folder.folder}")
    then, now = begun["settings"], msgspec.to_builtins(how)
    other = [name for name in now if name not in FREE and then.get(name) != now[name]]
    if other or begun["data"] != data:
        raise NotResumed(f"the run in {folder.folder} was begun otherwise: {', '.join(other) or 'its data changed'}")
    return begun


def _finished(folder: RunFolder, encoder: Encoder, examples: Examples, training: Training, say: Say) -> dict[str, Any]:
    warmth = temperature(*_logits(encoder, examples.parts["calibrate"]))
    cooled = encoder.cool(warmth)
    logits, _ = _logits(encoder, examples.parts["evaluate"])
    worth: Worth = assessed(logits if cooled else logits / warmth, examples.parts["evaluate"])
    encoder.save(folder.folder)
    folder.note({"temperature": warmth, "cooled": cooled, "unseen": worth.figures, "steps": training.done})
    folder.note({"export": _exported(encoder, examples, folder.folder, say)})
    record = folder.record()
    (folder.folder / CARD).write_text(card(record, folder.draw(worth)))
    return record


def _exported(encoder: Encoder, examples: Examples, folder: Path, say: Say) -> dict[str, Any] | None:
    """The proof; None when there is nothing that says what the model says, which costs the run only this file."""
    unseen = [example.text for part in ("evaluate", "calibrate") for example in examples.parts[part]]
    try:
        return structs.asdict(exporting.export(encoder, unseen, folder))
    except exporting.NotEqual as error:
        say(f"there is no ONNX file: {error}")
        return None


def _logits(encoder: Encoder, examples: list[Example]) -> Any:
    logits = encoder.logits([example.text for example in examples]).double().numpy()
    return logits, torch.tensor([example.share for example in examples]).double().numpy()
