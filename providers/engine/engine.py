"""A model, loaded and sized for this machine, as a scheduler of conversations: what the worker serves."""

import secrets
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from providers.engine.client import DEMO, Engine
from providers.engine.frames import Embed, Failed, Options, Ready, Start, wrong_task
from providers.engine.llama import Chain, Context, Model, ModelError
from providers.engine.loop import Job, Scheduler, too_long
from providers.engine.machine import threads, usable_cpus
from providers.engine.sampling import chain_for
from providers.engine.template import ChatTemplate, TemplateError
from providers.engine.waiting import FairQueue
from providers.tiny import MODEL_PATH

BATCH = 256
"""Tokens in one decode step: a long prompt delays the other conversations by no more than these."""
CONTEXT, LEAST_CONTEXT = 4096, 512
"""Tokens per conversation when nothing is configured: the most taken, and the least worth serving."""
HEADROOM = 64 * 1024 * 1024
"""Bytes of compute buffers and Python beside weights and cache."""

Owner = TypeVar("Owner")


class Loaded(Generic[Owner]):
    """The model and everything that works on it. Raises ModelError, or TemplateError for its chat template."""

    def __init__(self, settings: Engine, progress: Callable[[float], bool], memory: int | None) -> None:
        self._patience = settings.queue_timeout
        path = MODEL_PATH if settings.model == DEMO else Path(settings.model).expanduser()
        check_file(path)
        self._model = model = Model(path, progress)
        require_chat(model)
        slots = settings.slots
        self._tokens = context_size(model, settings.context, slots, memory)
        self._template = ChatTemplate(model, template_source(settings.chat_template))
        count = settings.threads or (1 if settings.model == DEMO else threads(usable_cpus()))
        self._context = model.context(self._tokens * slots, slots, min(BATCH, self._tokens * slots), count)
        queue: FairQueue[Job[Owner]] = FairQueue(settings.queue)
        self.scheduler = Scheduler(model, self._context, self._tokens, queue, self._chain, time.monotonic)
        warm_up(model, self._context)
        templated = bool(settings.chat_template or model.template())
        self.ready = Ready(model.name(), model.architecture, self._tokens, model.train_context, slots, templated)

    def close(self) -> None:
        """Free the library's memory, in the order it wants."""
        self._context.close()
        self._model.close()

    def submit(self, owner: Owner, start: Start | Embed) -> Job[Owner] | Failed:
        """Take a conversation on, or the refusal of it."""
        if isinstance(start, Embed):
            return wrong_task(start.id, "chat")
        size = sum(len(turn.content) for turn in start.messages)
        if size >= self._tokens and size // self._longest >= self._tokens:  # by its letters alone: not worth tokenising
            return too_long(start.id, size // self._longest, self._tokens)
        try:
            prompt = self._template.tokens(start.messages)
        except TemplateError as error:
            return Failed(start.id, 400, "chat_template_refused", str(error), "messages")
        if not prompt:
            return Failed(
                start.id, 400, "chat_template_refused", "The chat template makes no prompt of this.", "messages"
            )
        job = Job(owner, start.id, start.tenant, prompt, start.options, time.monotonic(), self._patience)
        return self.scheduler.submit(job) or job

    @cached_property
    def _longest(self) -> int:
        """Bytes of the longest token: a text of n characters is at least n / longest tokens."""
        return max(map(len, map(self._model.piece, range(self._model.size))))

    def _chain(self, options: Options) -> Chain:
        return chain_for(options, self._model.size, lambda: secrets.randbits(32))


def check_file(path: Path) -> None:
    """Refuse what is not a GGUF file before the library sees it. Raises ModelError."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise ModelError(f"the model file {path} cannot be read: {error.strerror}") from error
    if head != b"GGUF":
        raise ModelError(f"{path} is not a GGUF file (it does not begin with GGUF)")


def require_chat(model: Model) -> None:
    """Refuse what loads but cannot chat. Raises ModelError."""
    if not model.generates():
        model.close()
        kind = f"it is an encoder or embedding model ({model.architecture})"
        raise ModelError(f"{model.path} is not a chat model: {kind}; serve it with `dialect: encoder`")


def context_size(model: Model, wanted: int | None, slots: int, memory: int | None) -> int:
    """Tokens per conversation: within what the model was trained for, and within the memory (bytes) there is.

    A wish that does not fit is refused; without a wish the context shrinks until it fits. Raises ModelError.
    """
    tokens = min(wanted or CONTEXT, model.train_context)
    if memory is None:
        return tokens
    weights, per_token = model.weights + HEADROOM, model.memory_per_token() * slots
    while wanted is None and tokens > LEAST_CONTEXT and weights + tokens * per_token > memory:
        tokens //= 2
    needed = weights + tokens * per_token
    if needed > memory:
        raise ModelError(
            f"{model.path} needs about {needed >> 20} MiB for {slots} conversations of {tokens} tokens, and "
            f"{memory >> 20} MiB are free: use a smaller model, context or number of slots"
        )
    return tokens


def template_source(configured: str | None) -> str | None:
    """The configured template's text: Jinja as it stands, or a file's content. Raises TemplateError."""
    if configured is None or "{" in configured:
        return configured
    try:
        return Path(configured).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"the chat template {configured} cannot be read: {error}") from error


def warm_up(model: Model, context: Context) -> None:
    """Decode one token: the pages come in, and a model that cannot decode fails now."""
    context.clear()
    context.add(model.begin() or 0, 0, 0, True)
    context.decode()
    context.forget(0)
