"""What one request asks of us besides its answer: by `x-halfpenny-*` headers, or a `halfpenny` object in its body.

Headers win over the body, which is what SDKs with `extra_body` can send.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from providers.errors import CallerError, TimedOut
from routing import money
from routing.gates import Wish

OURS = "halfpenny"
"""The body's field that is ours: it never travels on."""
PREFIX = b"x-halfpenny-"


class Wishes(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be asked for.

    `route`: answer only here or only upstream; `max_cost_usd`: the most it may cost, as `0.01`; `timeout_ms`: the most
    it may take; `no_store`: keep no record of it besides its ledger row.
    """

    route: Literal["local", "upstream"] | None = None
    max_cost_usd: Annotated[str, Meta(max_length=40)] | float | None = None
    timeout_ms: Annotated[int, Meta(ge=1, le=86_400_000)] | None = None
    no_store: bool = False

    def routing(self) -> Wish:
        """What of it concerns routing. Raises CallerError 400 for an amount that is none."""
        return Wish(self.route, None if self.max_cost_usd is None else _nano(self.max_cost_usd))


NO_WISHES = Wishes()
_FIELDS = frozenset(Wishes.__struct_fields__)
_DECODE = msgspec.json.Decoder(Wishes).decode


def wishes(headers: Mapping[bytes, bytes], ours: Raw) -> Wishes:
    """The wishes of a request. Raises CallerError 400 naming the header or field."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        if name.startswith(PREFIX):
            field = name[len(PREFIX) :].decode("latin-1").replace("-", "_")
            if field in _FIELDS:
                found[field] = value.decode("latin-1")
    body = b"" if bytes(ours) == b"null" else bytes(ours)
    if not found and not body:
        return NO_WISHES
    try:
        said = msgspec.structs.asdict(_DECODE(body)) if body else {}
        return msgspec.convert({**said, **found}, Wishes, strict=False)
    except msgspec.MsgspecError as error:
        raise CallerError(f"What this request asks of Halfpenny cannot be read: {error}.", param="halfpenny") from None


@asynccontextmanager
async def deadline(timeout_ms: int) -> AsyncIterator[None]:
    """The time that this request may take. Raises TimedOut when it is over."""
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            yield
    except TimeoutError:
        raise TimedOut(f"The answer took longer than the {timeout_ms} ms that the request gave it.") from None


def _nano(written: str | float) -> int:
    text = written if isinstance(written, str) else f"{written:.9f}".rstrip("0").rstrip(".")
    try:
        return money.usd("$" + text.removeprefix("$"))
    except ValueError:
        raise CallerError("Write the most that it may cost as dollars: 0.01", param="max_cost_usd") from None
