"""An embedding model, loaded and sized for this machine, as a scheduler of texts: what the worker serves."""

import time
from collections.abc import Callable, Sequence
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Generic, TypeVar

from providers.engine.encoder_client import MINILM, MISSING, Encoder, model_path
from providers.engine.encoding import Encoding, Texts
from providers.engine.files import parts
from providers.engine.frames import Embed, Failed, Ready, Start, wrong_task
from providers.engine.gathering import Gathering
from providers.engine.llama import Model, ModelError
from providers.engine.loading import embedding_model
from providers.engine.machine import threads, usable_cpus
from providers.engine.pooled import Pooled
from providers.hub import BadReference
from providers.tiktokens.vocabulary import NoVocabulary, UnknownToken, Vocabulary, find

Owner = TypeVar("Owner")


class LoadedEncoder(Generic[Owner]):
    """The model and everything that works on it; `folders` may hold tiktoken's vocabularies. Raises ModelError."""

    def __init__(
        self, settings: Encoder, progress: Callable[[float], bool], memory: int | None, folders: Sequence[Path] = ()
    ) -> None:
        path = found(settings)
        self._settings, self._folders = settings, folders
        self._vocabulary: Vocabulary | None = None
        gathering = Gathering(settings.batch, settings.window, time.monotonic)
        model, context = embedding_model(settings, path, gathering.largest, progress, memory)
        self._model = model
        self._pooled = pooled(model, settings, context, gathering.largest)
        self.scheduler: Encoding[Owner] = Encoding(
            model,
            self._pooled,
            gathering,
            context=context,
            queue=settings.queue,
            truncate=settings.too_long == "truncate",
            clock=time.monotonic,
        )
        self._pooled.vectors([model.tokenize("", special=False, framed=True) or [0]])  # what cannot work fails now
        self.ready = Ready(
            model.name(),
            model.architecture,
            context,
            model.train_context,
            gathering.largest,
            False,
            width=self._pooled.width,
            identity=identity(path, settings, context),
            stall=settings.stall,
            cut=settings.dimensions == "any",
        )

    def close(self) -> None:
        """Free the library's memory, in the order it wants."""
        self._pooled.close()
        self._model.close()

    def submit(self, owner: Owner, asked: Start | Embed) -> Texts[Owner] | Failed:
        """Take a request on, or the refusal of it."""
        if isinstance(asked, Start):
            return wrong_task(asked.id, "embeddings")
        try:
            said = asked.texts or self._read(asked.tokens)
        except (NoVocabulary, UnknownToken) as error:
            return self._unreadable(asked.id, error)
        until = time.monotonic() + self._settings.queue_timeout
        texts = Texts(owner, asked.id, asked.tenant, said, until, asked.dimensions)
        return self.scheduler.submit(texts) or texts

    def _read(self, tokens: Sequence[Sequence[int]]) -> tuple[str, ...]:
        """What token ids of OpenAI's say; the vocabulary is read when it is first needed."""
        if self._vocabulary is None:
            self._vocabulary = find(self._settings.token_encoding, self._folders)
        return tuple(map(self._vocabulary.text, tokens))

    def _unreadable(self, id: int, error: Exception) -> Failed:
        encoding = self._settings.token_encoding
        if isinstance(error, UnknownToken):
            return Failed(id, 400, "invalid_value", f"{error} is no token of {encoding}.", "input")
        message = (
            f"Token arrays cannot be read here: {error}. Send text (in LangChain's OpenAIEmbeddings: "
            "check_embedding_ctx_length=False), or let the operator run `make minilm`."
        )
        return Failed(id, 400, "unsupported_feature", message, "input")


def found(settings: Encoder) -> Path:
    """The model's file. Raises ModelError, naming the way to it."""
    try:
        path = model_path(settings)
    except BadReference as error:
        raise ModelError(str(error)) from error
    if settings.model == MINILM and not path.exists():
        raise ModelError(MISSING)
    return path


def pooled(model: Model, settings: Encoder, context: int, texts: int) -> Pooled:
    """Working memory for batches of so many texts, none of them longer than `context`. Raises ModelError."""
    pooling = None if settings.pooling == "auto" else settings.pooling
    return Pooled(model, context, texts, settings.threads or threads(usable_cpus()), pooling)


def identity(path: Path, settings: Encoder, context: int) -> str:
    """Another whenever the same text might get another vector, and the same on every machine: by what is in the file.

    A digest of all of it, of which a second reads some gigabytes: a sample of it would not tell all files apart.
    """
    digests = tuple(_digest(part) for part in parts(path))
    said = (digests, version("llama-cpp-python"), settings.pooling, settings.too_long, context)
    return sha256(repr(said).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
