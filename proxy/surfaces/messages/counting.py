"""`POST /v1/messages/count_tokens`: how many tokens a request's prompt has, at the model that would answer it.

Asked where the count is exact: an Anthropic upstream's own endpoint, or the local engine, which renders the prompt and
generates nothing. Elsewhere, and far beyond the local model's context, it is an estimate of four bytes a token. The
answer's header `x-halfpenny-count` says `exact` or `estimated`, `x-halfpenny-model` at which model. Nothing is billed,
so nothing is held.
"""

import asyncio
import logging

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import structs

from providers.errors import Broken, CallerError, HalfpennyError, Rejected
from providers.words import Call, Sent
from proxy.attempt import TOO_LONG, Asked, circumstances
from proxy.keys import Key
from proxy.limits.permit import FREE
from proxy.relay import Client, Headers
from proxy.runtime import Runtime
from proxy.surfaces.messages import errors
from proxy.surfaces.messages.body import read
from routing import policy
from routing.catalog import Entry

BYTES_PER_TOKEN = 4
MESSAGE = 4
"""Tokens around each message."""
IMAGE = 1_600
"""Tokens of an image of the usual size, at Anthropic."""
NOT_COUNTED = ("unsupported_feature", "model")
"""The refusal of a provider that has no count."""
NO_SUCH_PATH = (404, None)
"""The refusal of a server that speaks Anthropic's format and has no such endpoint."""
_LOG = logging.getLogger("halfpenny")


class Counting:
    """An ASGI app for the path."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whatever becomes of it."""
        id, client, permit = self._runtime.new_id(), Client(scope, receive, send), FREE
        headers: Headers = [(b"x-request-id", id.encode()), (b"request-id", id.encode())]
        try:
            if client.method != "POST":
                raise CallerError("Use POST for this path.", status=405, code="method_not_allowed")
            key = self._runtime.authentication.key(client.headers)
            permit = self._runtime.limits.permit(id, key)
            await permit.begin()
            call = read(await client.body(self._runtime.body_limit), client.headers, answered=False)
            client.watch()
            tokens, told = await self._count(Asked(id, self._runtime.clock(), key, call))
            client.unwatch()
            body = msgspec.json.encode({"input_tokens": tokens})
            kind = (b"content-type", b"application/json")
            await client.answer(200, [*headers, *told, *permit.headers, kind], body)
        except HalfpennyError as error:
            client.unwatch()
            await client.refuse(error, [*headers, *permit.headers], errors)
        except asyncio.CancelledError:
            client.unwatch()
            if not client.left:
                raise
        except Exception:
            _LOG.exception("request %s failed inside Halfpenny", id)
            client.unwatch()
            await client.refuse(HalfpennyError("Halfpenny failed to count this."), headers, errors)
        finally:
            permit.leave(0, 0)

    async def _count(self, asked: Asked) -> tuple[int, Headers]:
        """The tokens, and the headers that say what they are. Raises HalfpennyError."""
        entry = await self._answering(asked)
        name = (b"x-halfpenny-model", entry.name.encode("ascii", "replace"))
        exact = await self._exact(asked.call, entry, asked.key)
        if exact is None:
            return estimate(asked.call), [name, (b"x-halfpenny-count", b"estimated")]
        return exact, [name, (b"x-halfpenny-count", b"exact")]

    async def _answering(self, asked: Asked) -> Entry:
        """The model that would answer."""
        runtime, call = self._runtime, asked.call
        now = await circumstances(runtime, asked)
        decision = policy.decide(call, runtime.catalog, await runtime.judge(call), now, runtime.preferences)
        return decision.candidates[0].entry

    async def _exact(self, call: Call, entry: Entry, key: Key) -> int | None:
        """The provider's own count; None where it has none."""
        provider = self._runtime.providers[entry.provider]
        try:
            answer = await provider.open(structs.replace(call, task="count"), Sent(entry.upstream, tenant=key.id))
        except (CallerError, Rejected) as error:
            nowhere = (error.code, error.param) == NOT_COUNTED or (error.status, error.code) == NO_SUCH_PATH
            if nowhere or error.code == TOO_LONG:
                return None
            raise
        try:
            async for events in answer:
                for event in events:
                    if event.usage is not None:
                        return event.usage.input
        finally:
            await answer.close()
        raise Broken("The provider counted nothing.")


def estimate(call: Call) -> int:
    """Tokens of a prompt, by its bytes."""
    texts = 0
    images = 0
    for message in call.view.messages:
        texts += len(message.text().encode(errors="replace"))
        texts += sum(len(call.function.name + call.function.arguments) for call in message.tool_calls or ())
        if isinstance(message.content, tuple):
            images += sum(part.type != "text" for part in message.content)
    texts += sum(map(_size, (call.body.get(name) for name in ("tools", "response_format"))))
    return -(-texts // BYTES_PER_TOKEN) + MESSAGE * len(call.view.messages) + IMAGE * images


def _size(raw: object) -> int:
    return len(bytes(raw)) if isinstance(raw, msgspec.Raw) else 0
