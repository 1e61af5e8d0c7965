"""A model, loaded and sized for this machine, as a scheduler of conversations: what the worker serves."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from providers.engine.client import DEMO, Engine
from providers.engine.context import Context
from providers.engine.frames import Done, Embed, Failed, Ready, Start, Timings, Tokens, wrong_task
from providers.engine.llama import Model
from providers.engine.loading import chat_model
from providers.engine.loop import Job, Scheduler, too_long
from providers.engine.machine import threads, usable_cpus
from providers.engine.placing import context_parameters
from providers.engine.speech import abilities
from providers.engine.template import ChatTemplate, TemplateError, TooLong
from providers.engine.voices import CannotSay, Voices
from providers.engine.waiting import FairQueue

STEP = 2.0
"""A full step may take so many times what its tokens take one by one, until it counts as hung."""

Owner = TypeVar("Owner")


class Loaded(Generic[Owner]):
    """The model and everything that works on it.

    Raises ModelError, DoesNotFit, or TemplateError for its chat template.
    """

    def __init__(self, settings: Engine, progress: Callable[[float], bool], memory: int | None) -> None:
        self._patience = settings.queue_timeout
        self._model, self._tokens = model, _ = chat_model(settings, progress, memory)
        slots = settings.slots
        self._template = ChatTemplate(model, template_source(settings.chat_template), tools=settings.tools)
        count = settings.threads or (1 if settings.model == DEMO else threads(usable_cpus()))
        size, batch = self._tokens * slots, min(settings.batch, self._tokens * slots)
        self._context = Context(model, size, slots, batch, count, lambda params: context_parameters(params, settings))
        self._voices = Voices(model, self._template.formats, lambda: secrets.randbits(32))
        queue: FairQueue[Job[Owner]] = FairQueue(settings.queue)
        self.scheduler = Scheduler(model, self._context, self._tokens, queue, time.monotonic)
        token = warm_up(model, self._context, time.monotonic)
        templated = bool(settings.chat_template or model.template())
        self.ready = Ready(
            model.name(),
            model.architecture,
            self._tokens,
            model.train_context,
            slots,
            templated,
            abilities(self._template.formats),
            stall=max(settings.stall, STEP * token * batch),
            defaults=settings.defaults(),
        )

    def close(self) -> None:
        """Free the library's memory, in the order it wants."""
        self._context.close()
        self._model.close()

    def submit(self, owner: Owner, start: Start | Embed) -> Job[Owner] | Failed | Done:
        """Take a conversation on; or the refusal of it, or its end, where its prompt was only to be counted."""
        if isinstance(start, Embed):
            return wrong_task(start.id, "chat")
        try:
            prompt = self._template.prompt(start.messages, start.options, self._tokens)
            if start.options.max_tokens == 0:
                return Done(start.id, "stop", Tokens(len(prompt.tokens), 0), Timings(0, 0, 0))
            if len(prompt.tokens) >= self._tokens:
                return too_long(start.id, len(prompt.tokens), self._tokens)
            voice = self._voices.of(start.options, prompt.opened)
        except TooLong as error:
            return too_long(start.id, error.tokens, self._tokens)
        except TemplateError as error:
            return Failed(start.id, 400, "chat_template_refused", str(error), "messages")
        except CannotSay as error:
            return Failed(start.id, 400, error.code, error.message, error.param)
        job = Job(owner, start.id, start.tenant, prompt.tokens, start.options, voice, time.monotonic(), self._patience)
        return self.scheduler.submit(job) or job


def template_source(configured: str | None) -> str | None:
    """The configured template's text: Jinja as it stands, or a file's content. Raises TemplateError."""
    if configured is None or "{" in configured:
        return configured
    try:
        return Path(configured).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"the chat template {configured} cannot be read: {error}") from error


def warm_up(model: Model, context: Context, clock: Callable[[], float]) -> float:
    """Decode two tokens: the pages come in, and a model that cannot decode fails now. Seconds that the second took."""
    began = clock()
    for position in range(2):
        began = clock()
        context.clear()
        context.add((model.begin() or 0,), position, 0, True)
        context.decode()
    context.forget(0)
    return clock() - began
