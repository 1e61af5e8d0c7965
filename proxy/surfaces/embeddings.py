"""The embeddings surface, `POST /v1/embeddings`: a body into a Call, vectors into OpenAI's list.

An upstream's own body passes with every field; only `usage` is re-encoded, so that `usage.cost` can stand in it.
"""

import sys
from array import array
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from providers.errors import CallerError
from providers.words import Call, Event, Usage, View
from proxy.surfaces import errors
from proxy.surfaces.base import NO_HEADERS, Faults, Writer
from proxy.surfaces.body import fields, typed
from proxy.surfaces.chat_shapes import dollars, priced

_MOST_INPUTS = 2048
_ENCODE = msgspec.json.Encoder().encode
Text = Annotated[str, Meta(min_length=1)]
Token = Annotated[int, Meta(ge=0)]
Tokens = Annotated[list[Token], Meta(min_length=1)]
Several = Annotated[list[Text | Token | Tokens], Meta(min_length=1, max_length=_MOST_INPUTS)]


class EmbeddingsBody(Struct, frozen=True):
    """The fields of an embeddings request that we read; their limits are OpenAI's."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    input: Text | Several
    """A text, texts, a text's tokens, or texts as tokens."""
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    user: str | None = None


_BODY = msgspec.json.Decoder(EmbeddingsBody)


class Embeddings:
    """The surface as the gateway knows it."""

    name = "embeddings"
    id_headers = (b"x-request-id",)
    errors: Faults = errors

    def read(self, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        raw = fields(body)
        seen = typed(_BODY, body)
        if len(set(map(type, seen.input))) > 1:
            raise CallerError("'input' is a list of one kind: texts, or tokens.", param="input", code="invalid_value")
        return Call("embeddings", "embeddings", raw, View(seen.model), len(body))

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer. OpenAI's embeddings have neither id nor time."""
        return ListWriter(call, model, verbatim)


class ListWriter:
    """Gathers one answer; its bytes come at the end."""

    content_type = b"application/json"
    streams = False

    def __init__(self, call: Call, model: str, verbatim: bool) -> None:
        self._base64 = bytes(call.body.get("encoding_format", b"")).strip() == b'"base64"'
        self._model, self._verbatim = model, verbatim
        self._body: bytes | None = None
        self._vectors: list[bytes] = []

    def write(self, events: list[Event], cost: int | None) -> bytes:
        """Nothing yet: the vectors are gathered."""
        for event in events:
            if event.wire and self._verbatim:
                self._body = event.wire
            self._vectors += event.vectors or ()
        return b""

    def end(self, usage: Usage | None, cost: int | None) -> bytes:
        """The whole body. `cost` is in nano-dollars."""
        if self._body is not None:
            return priced(self._body, cost)
        shape = _as_base64 if self._base64 else _as_numbers
        data = [
            {"object": "embedding", "index": index, "embedding": shape(vector)}
            for index, vector in enumerate(self._vectors)
        ]
        body: dict[str, object] = {"object": "list", "data": data, "model": self._model}
        if usage is not None:
            body["usage"] = _usage(usage, cost)
        return _ENCODE(body)


def _as_base64(vector: bytes) -> str:
    return b64encode(vector).decode()


def _as_numbers(vector: bytes) -> list[float]:
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _usage(usage: Usage, cost: int | None) -> dict[str, object]:
    shape: dict[str, object] = {"prompt_tokens": usage.input, "total_tokens": usage.input}
    if cost is not None:
        shape["cost"] = Raw(dollars(cost))
    return shape
