"""A Responses body into a Call, with the conversation that it goes on with."""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from providers.errors import CallerError
from providers.words import Call, Message, Need, Part, View
from proxy.surfaces.body import fields, typed
from proxy.surfaces.chat import FILE, IMAGE, TOOL_PROMPT
from proxy.surfaces.responses import items, parameters
from proxy.surfaces.responses.recall import NOWHERE, Recall
from proxy.wishes import OURS, wishes

_MAX_TOKENS = 1 << 31
PARTS: dict[str, tuple[Need, int]] = {"image_url": ("images", IMAGE), "file": ("files", FILE)}


class ResponsesBody(parameters.Seen, frozen=True, kw_only=True):
    """The fields of a request that we read."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    input: str | tuple[Raw, ...] | None = None
    instructions: str | None = None
    stream: bool | None = None
    store: bool | None = None
    previous_response_id: str | None = None
    max_output_tokens: Annotated[int, Meta(ge=1, le=_MAX_TOKENS)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None


_BODY = msgspec.json.Decoder(ResponsesBody)
_ITEM = msgspec.json.Decoder(items.Item)
_ENCODE = msgspec.json.Encoder().encode


def read(body: bytes, recall: Recall = NOWHERE) -> Call:
    """A Call from the client's bytes; `own["input"]` is the whole conversation. Raises CallerError naming `param`."""
    raw = fields(body)
    seen = typed(_BODY, body)
    said = recall.whole(seen.previous_response_id, _input(seen))
    told = items.told(seen.instructions, map(_item, said.items))
    asked = parameters.asked(seen, raw)
    own = {name: value for name, value in raw.items() if name != OURS} | {"input": Raw(_ENCODE(said.items))}
    needs = _needs(told.messages, asked)
    view = View(
        model=seen.model,
        messages=told.messages,
        stream=bool(seen.stream),
        include_usage=True,
        max_output=seen.max_output_tokens,
        needs=needs,
    )
    if OURS in raw and wishes({}, raw[OURS]).no_store:
        own["store"] = Raw(b"false")
    size = len(body) + len(bytes(own["input"])) if said.recalled else len(body)
    inner = asked.inner | ({OURS: raw[OURS]} if OURS in raw else {})
    return Call(
        *("responses", "chat", inner, view, size),
        beside=_beside(told.messages) + (TOOL_PROMPT if "tools" in needs else 0),
        own=own,
        unsaid=asked.unsaid | told.unsaid,
        left_out=told.left_out,
    )


def _input(seen: ResponsesBody) -> list[Raw]:
    if isinstance(seen.input, str):
        return [Raw(_ENCODE({"type": "message", "role": "user", "content": seen.input}))]
    if not seen.input and seen.previous_response_id is None:
        raise CallerError("Missing required field 'input'.", param="input", code="missing_required_parameter")
    return list(seen.input or ())


def _item(raw: Raw) -> items.Item:
    try:
        return _ITEM.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CallerError("Invalid value for 'input'.", param="input", code="invalid_value") from None


def _needs(messages: tuple[Message, ...], asked: parameters.Asked) -> frozenset[Need]:
    needs: set[Need] = set(asked.needs)
    if any(message.tool_calls or message.role == "tool" for message in messages):
        needs.add("tools")
    needs.update(PARTS[part.type][0] for part in _parts(messages) if part.type in PARTS)
    return frozenset(needs)


def _beside(messages: tuple[Message, ...]) -> int:
    """Tokens beyond the body's bytes."""
    return sum(PARTS[part.type][1] for part in _parts(messages) if part.type in PARTS)


def _parts(messages: tuple[Message, ...]) -> list[Part]:
    return [part for message in messages if isinstance(message.content, tuple) for part in message.content]
