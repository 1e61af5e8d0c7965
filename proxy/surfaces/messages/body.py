"""A Messages body into a Call: its own fields as they came, and what they ask in the inner words.

Only what Anthropic refuses for every model is refused here (and named by `param`), before any money is held.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from providers.errors import CallerError
from providers.words import Call, Message, Need, View
from proxy.surfaces.body import fields, typed
from proxy.surfaces.chat import TOOL_PROMPT
from proxy.surfaces.messages import conversation, parameters
from proxy.surfaces.messages.blocks import MARK, Block, Turn
from proxy.wishes import OURS

_MAX_TOKENS = 1 << 31
BETA = b"anthropic-beta"
"""The one header of a client that its own dialect's upstream shall read."""
PARTS: Mapping[str, Need] = {"image_url": "images", "file": "files"}


class CountBody(Struct, frozen=True):
    """The fields that we read of a request to count tokens."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: Annotated[tuple[Turn, ...], Meta(min_length=1)]
    system: str | tuple[Block, ...] | None = None
    tools: tuple[parameters.Tool, ...] | None = None
    tool_choice: parameters.ToolChoice | None = None
    thinking: parameters.Thinking | None = None
    output_config: parameters.OutputConfig | None = None
    output_format: parameters.Format | None = None
    metadata: parameters.Metadata | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    stop_sequences: tuple[str, ...] | None = None
    stream: bool | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=_MAX_TOKENS)] | None = None


class MessagesBody(CountBody, frozen=True, kw_only=True):
    """The fields that we read of a request; their limits are Anthropic's."""

    max_tokens: Annotated[int, Meta(ge=1, le=_MAX_TOKENS)]


_BODY = msgspec.json.Decoder(MessagesBody)
_COUNT = msgspec.json.Decoder(CountBody)


def read(body: bytes, headers: Mapping[bytes, bytes], *, answered: bool = True) -> Call:
    """A Call from the client's bytes; `answered`: not only counted. Raises CallerError 400 naming `param`."""
    raw = fields(body)
    seen: CountBody = typed(_BODY, body) if answered else typed(_COUNT, body)
    told = conversation.told(seen.system, seen.messages)
    asked = parameters.asked(seen, raw)
    own = {name: value for name, value in raw.items() if name != OURS}
    if told.unsigned:
        own["messages"] = conversation.without_unsigned(raw["messages"])
    inner = asked.inner | ({OURS: raw[OURS]} if OURS in raw else {})
    needs = _needs(told.messages, asked)
    view = View(
        model=seen.model,
        messages=told.messages,
        stream=bool(seen.stream),
        include_usage=True,
        max_output=seen.max_tokens,
        needs=needs,
    )
    return Call(
        *("messages", "chat", inner, view, len(body)),
        beside=told.beside + asked.beside + (TOOL_PROMPT if "tools" in needs else 0),
        own=own,
        headers=_headers(headers),
        unsaid=asked.unsaid | told.unsaid,
        left_out=(*told.left_out, *((MARK,) if told.marked or asked.marked else ())),
    )


def _headers(headers: Mapping[bytes, bytes]) -> tuple[tuple[str, str], ...]:
    """What an Anthropic upstream shall read. Raises CallerError for what must not stand in a header."""
    if BETA not in headers:
        return ()
    value = headers[BETA].decode("latin-1")
    if not (value.isascii() and value.isprintable() and len(value) <= 1024):
        raise CallerError("The header 'anthropic-beta' cannot be read.", param="anthropic-beta", code="invalid_value")
    return ((BETA.decode(), value),)


def _needs(messages: tuple[Message, ...], asked: parameters.Asked) -> frozenset[Need]:
    needs: set[Need] = set(asked.needs)
    for message in messages:
        if message.tool_calls or message.role == "tool":
            needs.add("tools")
        if isinstance(message.content, tuple):
            needs.update(PARTS[part.type] for part in message.content if part.type in PARTS)
    return frozenset(needs)
