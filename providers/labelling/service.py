"""A sequence classifier, loaded, as a scheduler of texts: what its worker serves on the engine's frames."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from providers.engine.encoding import Encoding, Texts
from providers.engine.frames import Embed, Failed, Ready, Start, wrong_task
from providers.engine.gathering import Gathering
from providers.labelling.client import Labeller
from providers.labelling.fetching import located
from providers.labelling.folder import INT8, TOKENIZER

if TYPE_CHECKING:
    from providers.labelling.int8_classifier import Int8Classifier
    from providers.labelling.sequence_classifier import SequenceClassifier

Owner = TypeVar("Owner")


class LoadedLabeller(Generic[Owner]):
    """The model and its batches. A "vector" here is the probability of each label. Raises NoModel or Unreachable,
    or ImportError where what it needs is not installed."""

    def __init__(self, settings: Labeller, progress: Callable[[float], bool]) -> None:
        folder = located(Path(settings.model).expanduser(), settings.repository, progress)
        own = folder == Path(settings.model).expanduser()
        gathering = Gathering(settings.batch, settings.window, time.monotonic)
        model = opened(folder, settings, gathering.largest)
        self._patience = settings.queue_timeout
        self.scheduler: Encoding[Owner] = Encoding(
            model,
            model,
            gathering,
            context=model.context,
            queue=settings.queue,
            truncate=True,
            clock=time.monotonic,
        )
        model.vectors([model.tokenize("") or [0]])  # what cannot work fails now, and the first request is no slower
        self.ready = Ready(
            folder.resolve().name if own else settings.repository,
            model.architecture,
            model.context,
            model.context,
            gathering.largest,
            False,
            width=model.width,
            identity=model.identity,
        )

    def submit(self, owner: Owner, asked: Start | Embed) -> Texts[Owner] | Failed:
        """Take a request on, or the refusal of it."""
        if isinstance(asked, Start) or asked.tokens:
            return wrong_task(asked.id, "labels")
        until = time.monotonic() + self._patience
        texts = Texts(owner, asked.id, asked.tenant, asked.texts, until)
        return self.scheduler.submit(texts) or texts


def opened(folder: Path, settings: Labeller, sequences: int) -> "Int8Classifier | SequenceClassifier":
    """The folder's int8 export by onnxruntime, where there is one and it is to run on the CPU; else the model by torch.
    Raises NoModel or ImportError."""
    if settings.device == "cpu" and (folder / INT8).is_file() and (folder / TOKENIZER).is_file():
        from providers.labelling.int8_classifier import Int8Classifier

        return Int8Classifier(folder, settings.context, sequences, settings.threads)
    from providers.labelling.sequence_classifier import SequenceClassifier

    return SequenceClassifier(folder, settings.device, settings.context, sequences, settings.threads)
