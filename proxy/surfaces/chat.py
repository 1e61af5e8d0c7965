"""The chat surface, `POST /v1/chat/completions`: a body into a Call.

Only what OpenAI refuses for every model is refused here (and named by `param`), before any money is held; all else is
the answering provider's business.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from providers.words import Call, Message, Need, Part, View
from proxy.surfaces import errors
from proxy.surfaces.base import NO_HEADERS, Faults, Writer
from proxy.surfaces.body import fields, typed
from proxy.surfaces.chat_stream import StreamWriter
from proxy.surfaces.chat_whole import WholeWriter

_MAX_TOKENS = 1 << 31
IMAGE = 50_000
"""Tokens: the dearest documented count of one image (gpt-4o-mini: 2 833 and 5 667 for each of at most eight tiles)."""
FILE = 200_000
"""Tokens: a document of the largest context that ordinary models read."""
TOOL_PROMPT = 1_000
"""Tokens: what providers put before the tools that a client sends."""
Tokens = Annotated[int, Meta(ge=1, le=_MAX_TOKENS)]


class StreamOptions(Struct, frozen=True):
    """`stream_options` as far as we read it."""

    include_usage: bool | None = None


class ChatBody(Struct, frozen=True):
    """The fields of a chat request that we read; their limits are OpenAI's."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: Annotated[tuple[Message, ...], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    logprobs: bool | None = None
    tools: tuple[Raw, ...] | None = None
    tool_choice: Raw = Raw()
    functions: tuple[Raw, ...] | None = None
    response_format: dict[str, Raw] | None = None


class Chat:
    """The surface as the gateway knows it."""

    name = "chat"
    id_headers = (b"x-request-id",)
    errors: Faults = errors

    def read(self, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS) -> Call:
        """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
        return read(body)

    def writer(self, call: Call, id: str, created: int, model: str, verbatim: bool) -> Writer:
        """A writer for one answer: SSE or one body, as the client asked."""
        kind = StreamWriter if call.view.stream else WholeWriter
        return kind(call, id, created, model, verbatim)


_BODY = msgspec.json.Decoder(ChatBody)
_PARTS: dict[str, Need] = {"image_url": "images", "input_audio": "audio", "file": "files"}


def read(body: bytes) -> Call:
    """A Call from the client's bytes. Raises CallerError 400 naming `param`."""
    raw = fields(body)
    seen = typed(_BODY, body)
    view = View(
        model=seen.model,
        messages=seen.messages,
        stream=bool(seen.stream),
        include_usage=bool(seen.stream_options and seen.stream_options.include_usage),
        max_output=seen.max_completion_tokens or seen.max_tokens,
        n=seen.n or 1,
        needs=_needs(seen),
    )
    return Call("chat", "chat", raw, view, len(body), _beside(seen, view.needs))


def _beside(seen: ChatBody, needs: frozenset[Need]) -> int:
    """Tokens beyond the body's bytes, by the largest figure that a provider documents for each kind."""
    if not needs:
        return 0
    tokens = TOOL_PROMPT if "tools" in needs else 0
    for message in seen.messages:
        for part in _parts(message):
            tokens += IMAGE if part.type == "image_url" else FILE if part.type == "file" else 0
    return tokens


def _needs(seen: ChatBody) -> frozenset[Need]:
    needs: set[Need] = set()
    offered = seen.tools and bytes(seen.tool_choice) != b'"none"'
    if offered or seen.functions or any(message.tool_calls or message.role == "tool" for message in seen.messages):
        needs.add("tools")
    if seen.response_format and bytes(seen.response_format.get("type", Raw(b'"text"'))) != b'"text"':
        needs.add("schema")
    if seen.logprobs:
        needs.add("logprobs")
    if seen.n and seen.n > 1:
        needs.add("many")
    for message in seen.messages:
        if message.content.__class__ is tuple:
            needs.update(_PARTS[part.type] for part in _parts(message) if part.type in _PARTS)
    return frozenset(needs)


def _parts(message: Message) -> tuple[Part, ...]:
    return message.content if isinstance(message.content, tuple) else ()
