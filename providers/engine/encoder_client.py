"""The encoder as a Provider of embeddings: texts to a child process, vectors back.

Light on purpose: the HTTP worker imports it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from providers.base import unnoticed
from providers.engine.connection import Answering
from providers.engine.frames import Embed, Ready, Stats
from providers.engine.line import Line, command
from providers.errors import CallerError
from providers.minilm import MODEL_PATH
from providers.words import Call, Sent

MINILM = "minilm"
MISSING = "MiniLM is not installed: `make minilm` fetches it, or set `model` to an embedding GGUF of yours"
"""What an operator reads who has no model file."""

_TEXTS = msgspec.json.Decoder(str | list[str])
_DIMENSIONS = msgspec.json.Decoder(int | None)


class Encoder(Struct, tag="encoder", tag_field="dialect", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A local embedding model in config.yaml, and what `python -m providers.engine.worker` takes as options.

    `model` is "minilm" or the path of any embedding GGUF; `context` is the longest text in tokens (None: what the model
    was trained for, at most 2048), beyond which a text is refused, or cut with `truncate`; `threads` None: by the
    machine; `queue` is how many requests wait at most, `queue_timeout` how long (seconds); an encoder that is silent
    for `stall` seconds while it should work counts as hung.
    """

    model: str = MINILM
    context: Annotated[int, Meta(ge=16)] | None = None
    threads: Annotated[int, Meta(ge=1)] | None = None
    queue: Annotated[int, Meta(ge=1)] = 64
    queue_timeout: Annotated[float, Meta(gt=0)] = 10.0
    truncate: bool = False
    stall: Annotated[float, Meta(gt=0)] = 120.0

    def arguments(self, socket_path: str) -> list[str]:
        """The worker's command line after the interpreter: `-m providers.engine.worker --socket …`."""
        return command(self, socket_path)


class LocalEncoder:
    """A Provider over the encoder that listens at `socket_path`.

    `patience`: seconds that a call waits for a process that starts or starts again; then it is `Unavailable`.
    """

    def __init__(self, socket_path: str, settings: Encoder, patience: float = 5.0) -> None:
        self._line = Line(socket_path, settings.stall, patience)
        self._settings = settings

    @property
    def ready(self) -> Ready | None:
        """The model that is being served; None while there is no connection."""
        return self._line.ready

    @property
    def stats(self) -> Stats | None:
        """How busy the encoder last said it is."""
        return self._line.stats

    async def open(self, call: Call, sent: Sent, begun: Callable[[], None] = unnoticed) -> Answering:
        """Send the texts and wait for all their vectors, which come in one event.

        Raises CallerError (token arrays, other dimensions, no model file), Rejected (a text is too long), RateLimited
        (`local_queue_full`) or Unavailable.
        """
        asked = texts(call)
        if not model_path(self._settings).exists():
            raise CallerError(f"{MISSING}.", status=503, type="server_error", code="local_model_missing")
        connection = await self._line.connect()
        if connection.ready is not None:
            check_dimensions(call, connection.ready)
        begun()
        return await self._line.ask(lambda id: Embed(id, sent.tenant, asked))

    async def aclose(self) -> None:
        """Close the connection; answers that are still open end with Unavailable."""
        await self._line.aclose()


def model_path(settings: Encoder) -> Path:
    """Where the model's file should be."""
    return MODEL_PATH if settings.model == MINILM else Path(settings.model).expanduser()


def texts(call: Call) -> tuple[str, ...]:
    """The call's input. Raises CallerError naming `input` for token arrays, which we cannot read."""
    try:
        given = _TEXTS.decode(call.body.get("input", msgspec.Raw(b"[]")))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallerError(
            "This model reads text, not arrays of tokens. LangChain's OpenAIEmbeddings sends text with "
            "check_embedding_ctx_length=False.",
            code="unsupported_feature",
            param="input",
        ) from None
    return (given,) if isinstance(given, str) else tuple(given)


def check_dimensions(call: Call, ready: Ready) -> None:
    """Refuse shorter vectors than the model's own. Raises CallerError naming `dimensions`."""
    raw = call.body.get("dimensions")
    if raw is not None and _DIMENSIONS.decode(raw) not in (None, ready.width):
        raise CallerError(
            f"{ready.name} makes vectors of {ready.width} dimensions and no others.",
            code="unsupported_feature",
            param="dimensions",
        )
