"""An embedding model, loaded and sized for this machine, as a scheduler of texts: what the worker serves."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from providers.engine.encoder_client import MINILM, MISSING, Encoder, model_path
from providers.engine.encoding import Encoding, Texts
from providers.engine.engine import HEADROOM, check_file
from providers.engine.frames import Embed, Failed, Ready, Start, wrong_task
from providers.engine.llama import Model, ModelError
from providers.engine.machine import threads, usable_cpus
from providers.engine.pooled import Pooled

TEXTS = 16
"""Texts in one step: more make it longer and no cheaper (docs/decisions/004)."""
CONTEXT = 2048
"""Tokens of the longest text when nothing is configured, where the model can read so many."""

Owner = TypeVar("Owner")


class LoadedEncoder(Generic[Owner]):
    """The model and everything that works on it. Raises ModelError."""

    def __init__(self, settings: Encoder, progress: Callable[[float], bool], memory: int | None) -> None:
        path = model_path(settings)
        if settings.model == MINILM and not path.exists():
            raise ModelError(MISSING)
        check_file(path)
        self._patience = settings.queue_timeout
        self._model = model = Model(path, progress)
        context = min(settings.context or CONTEXT, model.train_context)
        check_memory(model, memory)
        self._pooled = Pooled(model, context, TEXTS, settings.threads or threads(usable_cpus()))
        self.scheduler: Encoding[Owner] = Encoding(
            model, self._pooled, context, settings.queue, settings.truncate, time.monotonic
        )
        self._pooled.vectors([model.tokenize("", special=False, framed=True) or [0]])  # what cannot work fails now
        self.ready = Ready(
            model.name(), model.architecture, context, model.train_context, TEXTS, False, width=self._pooled.width
        )

    def close(self) -> None:
        """Free the library's memory, in the order it wants."""
        self._pooled.close()
        self._model.close()

    def submit(self, owner: Owner, asked: Start | Embed) -> Texts[Owner] | Failed:
        """Take a request on, or the refusal of it."""
        if isinstance(asked, Start):
            return wrong_task(asked.id, "embeddings")
        texts = Texts(owner, asked.id, asked.tenant, asked.texts, time.monotonic() + self._patience)
        return self.scheduler.submit(texts) or texts


def check_memory(model: Model, memory: int | None) -> None:
    """Refuse weights that do not fit in so many bytes. Raises ModelError."""
    needed = model.weights + HEADROOM
    if memory is not None and needed > memory:
        raise ModelError(f"{model.path} needs about {needed >> 20} MiB, and {memory >> 20} MiB are free")
