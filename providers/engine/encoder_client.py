"""The encoder as a Provider of embeddings: texts to a child process, vectors back.

Light on purpose: the HTTP worker imports it.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from providers import hub
from providers.base import unnoticed
from providers.engine.connection import Connection
from providers.engine.frames import Embed, Ready, Stats
from providers.engine.inputs import Inputs, inputs
from providers.engine.line import Line, command
from providers.engine.process import Process
from providers.engine.vector_cache import Known, Shape, VectorCache, keys
from providers.errors import CallerError, Unavailable
from providers.minilm import MODEL_PATH
from providers.tiktokens import Name
from providers.words import Call, Event, Sent, Usage

MINILM = "minilm"
MISSING = "MiniLM is not installed: `make minilm` fetches it, or set `model` to an embedding GGUF of yours"
"""What an operator reads who has no model file."""


class Encoder(Process, tag="encoder", tag_field="dialect", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A local embedding model in config.yaml, and what `python -m providers.engine.worker` takes as options.

    `model` is "minilm" or the path of any embedding GGUF; `context` is the longest text in tokens (None: what the model
    was trained for, at most 2048), and `too_long` what becomes of a longer one; `pooling` auto: as the file says;
    `dimensions` any: vectors may be cut, which only Matryoshka models are trained for. `token_encoding` is what token
    arrays are read as, `vocabularies` a folder with its file. `batch` and `window` (seconds): see `gathering`.
    `cache_bytes` (0: none) and `cache_ttl` (seconds) bound what is kept of vectors made before, by each key's own
    texts unless `cache_shared`; `cache_redis_bytes` (0: none) what replicas keep together, where there is a
    `store.redis`. `queue` is how many requests wait at most, `queue_timeout` how long
    (seconds). The rest is every local process's (`Process`).
    """

    model: str = MINILM
    context: Annotated[int, Meta(ge=16)] | None = None
    too_long: Literal["refuse", "truncate"] = "refuse"
    pooling: Literal["auto", "mean", "cls", "last"] = "auto"
    dimensions: Literal["any", "none"] = "any"
    token_encoding: Name = "cl100k_base"
    vocabularies: str | None = None
    batch: Annotated[int, Meta(ge=1, le=128)] = 32
    window: Annotated[float, Meta(ge=0, le=1)] = 0.01
    queue: Annotated[int, Meta(ge=1)] = 64
    queue_timeout: Annotated[float, Meta(gt=0)] = 10.0
    cache_bytes: Annotated[int, Meta(ge=0)] = 64 * 1024 * 1024
    cache_redis_bytes: Annotated[int, Meta(ge=0)] = 64 * 1024 * 1024
    cache_ttl: Annotated[float, Meta(gt=0)] = 3600.0
    cache_shared: bool = False

    def arguments(self, where: str | int) -> list[str]:
        """The worker's command line after the interpreter: `-m providers.engine.worker --socket …` (or `--fd …`)."""
        return command(self, where)


class Whole:
    """An answer that is there whole: an `Answer` of one event."""

    surface: str | None = None
    dropped: tuple[str, ...] = ()

    def __init__(self, event: Event) -> None:
        self._event = event

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        yield [self._event]

    async def close(self) -> None:
        """Nothing is left to stop."""


class LocalEncoder:
    """A Provider over the encoder that listens at `socket_path`.

    `patience`: seconds that a call waits for a process that starts or starts again; then it is `Unavailable`. `cache`
    None: every vector is made anew.
    """

    def __init__(
        self, socket_path: str, settings: Encoder, cache: VectorCache | None = None, patience: float = 5.0
    ) -> None:
        self._line = Line(socket_path, settings.stall, patience)
        self._settings, self._cache, self._socket = settings, cache, Path(socket_path)

    @property
    def ready(self) -> Ready | None:
        """The model that is being served; None while there is no connection."""
        return self._line.ready

    @property
    def stats(self) -> Stats | None:
        """How busy the encoder last said it is."""
        return self._line.stats

    async def open(self, call: Call, sent: Sent, begun: Callable[[], None] = unnoticed) -> Whole:
        """Send the texts and wait for all their vectors, which come in one event.

        Raises CallerError (inputs that are none, dimensions that it has not, no model file), Rejected (a text is too
        long, tokens that cannot be read), RateLimited (`local_queue_full`) or Unavailable.
        """
        asked = inputs(call)
        if self._line.ready is None and not self._socket.exists():
            check_present(self._settings)
        ready = _greeting(await self._line.connect())
        check_dimensions(asked.dimensions, ready)
        begun()
        if self._cache is None or not sent.store:
            return Whole(await self._ask(asked, sent.tenant))
        return Whole(await self._remember(self._cache, asked, sent.tenant, ready))

    async def aclose(self) -> None:
        """Close the connection; answers that are still open end with Unavailable."""
        await self._line.aclose()
        if self._cache is not None:
            await self._cache.aclose()

    async def _ask(self, asked: Inputs, tenant: str) -> Event:
        answer = await self._line.ask(lambda id: Embed(id, tenant, asked.texts, asked.tokens, asked.dimensions))
        (event,) = [event async for events in answer for event in events]
        return event

    async def _remember(self, cache: VectorCache, asked: Inputs, tenant: str, ready: Ready) -> Event:
        """What is known already, and the rest from the encoder; the usage counts both, as if all were made now."""
        names = keys(asked, "" if self._settings.cache_shared else tenant, ready.identity)
        shape = Shape(asked.dimensions or ready.width, ready.width)
        found = await cache.find(names, shape)
        missing = [place for place, known in enumerate(found) if known is None]
        if missing:
            event = await self._ask(asked.only(missing), tenant)
            made = list(map(Known, event.vectors or (), event.counts))
            await cache.keep({names[place]: known for place, known in zip(missing, made, strict=True)}, shape)
            for place, known in zip(missing, made, strict=True):
                found[place] = known
        whole = [each for each in found if each is not None]
        return Event(
            usage=Usage(sum(each.tokens for each in whole), 0),
            answered=ready.name,
            vectors=tuple(each.vector for each in whole),
            remembered=not missing,
        )


def model_path(settings: Encoder) -> Path:
    """Where the model's file should be. Raises BadReference for one of the hub that is not here."""
    if settings.model.startswith(hub.SCHEME):
        return hub.local(settings.model)
    return MODEL_PATH if settings.model == MINILM else Path(settings.model).expanduser()


def check_present(settings: Encoder) -> None:
    """Refuse at once where no process can ever be ready. Raises CallerError 503."""
    try:
        missing = "" if model_path(settings).exists() else MISSING
    except hub.BadReference as error:
        missing = str(error)
    if missing:
        raise CallerError(f"{missing}.", status=503, type="server_error", code="local_model_missing")


def check_dimensions(dimensions: int | None, ready: Ready) -> None:
    """Refuse vectors that the model does not make. Raises CallerError naming `dimensions`."""
    if dimensions is None or dimensions == ready.width or (ready.cut and dimensions < ready.width):
        return
    most = "at most" if ready.cut else "exactly"
    raise CallerError(
        f"{ready.name} makes vectors of {most} {ready.width} dimensions.", code="invalid_value", param="dimensions"
    )


def _greeting(connection: Connection) -> Ready:
    if connection.ready is None:
        raise Unavailable("The local model is not running at the moment.", code="local_model_unavailable")
    return connection.ready
