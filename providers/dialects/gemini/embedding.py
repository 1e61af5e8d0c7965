"""Embeddings by `batchEmbedContents`: texts in, vectors out. Source: https://ai.google.dev/api/embeddings."""

from collections.abc import Collection
from struct import pack

import msgspec
from msgspec import Struct

from providers.dialects.gemini import failure
from providers.dialects.parameters import asks, read, unsupported
from providers.dialects.whole import Whole
from providers.errors import Broken
from providers.words import Call, Event

KNOWN = frozenset({"model", "input", "dimensions", "encoding_format", "user"})

_inputs = msgspec.json.Decoder(str | list[str])
_count = msgspec.json.Decoder(int)


class _Vector(Struct):
    values: list[float]


class _Answer(Struct):
    embeddings: list[_Vector] | None = None
    error: object = None


_decode = msgspec.json.Decoder(_Answer).decode


def body(call: Call, model: str, drop: Collection[str]) -> dict[str, object]:
    """The request's body. Raises CallerError naming `param` for what cannot be asked, tokens among it."""
    fields = {name: raw for name, raw in call.body.items() if name not in drop and asks(name, raw)}
    for name in fields:
        if name not in KNOWN:
            raise unsupported(name)
    if bytes(fields["input"]).lstrip(b"[ \t\r\n")[:1] not in (b'"', b"]", b""):
        raise unsupported("input", "it takes texts, not tokens")
    texts = read(fields, "input", _inputs) or []
    size = read(fields, "dimensions", _count)
    more = {} if size is None else {"outputDimensionality": size}
    name = f"models/{model}"
    return {"requests": [{"model": name, "content": {"parts": [{"text": text}]}, **more} for text in _all(texts)]}


class WholeReader(Whole):
    """Reads one JSON body; everything comes at the end. Gemini tells no usage of embeddings."""

    __slots__ = ()

    def end(self) -> list[Event]:
        """One event with all vectors, and no wire: no surface has these bytes. Raises Broken when there are none."""
        try:
            answer = _decode(bytes(self._body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Broken("The upstream sent malformed JSON.") from None
        if answer.error:
            raise failure.of_event(answer.error)
        if not answer.embeddings:
            raise Broken("The upstream's answer has no embeddings.")
        return [Event(vectors=tuple(_bytes(each.values) for each in answer.embeddings))]


def _all(texts: str | list[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else texts


def _bytes(values: list[float]) -> bytes:
    """Little-endian float32."""
    return pack(f"<{len(values)}f", *values)
