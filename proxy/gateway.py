"""The story of a request, a line per sentence.

Who asks; what they ask; who may answer; the first that does; its events pass; at any end the exchange is closed once
and one record is written.
"""

import asyncio
import logging

from litestar.types import Receive, Scope, Send
from msgspec import Raw, structs

from providers.errors import CallerError, HalfpennyError
from providers.words import Call, Usage
from proxy.attempt import Asked, circumstances, open_first
from proxy.exchange import Exchange
from proxy.idempotency import Kept
from proxy.money.ledger import Ending
from proxy.relay import Client
from proxy.runtime import Runtime
from proxy.story import Story
from proxy.surfaces.base import Surface, Writer
from proxy.surfaces.chat_shapes import dollars
from proxy.wishes import OURS, deadline, wishes
from routing import policy
from routing.decision import Decision

_LOG = logging.getLogger("halfpenny")


class Gateway:
    """Answers the requests of one surface out of one runtime."""

    def __init__(self, runtime: Runtime, surface: Surface) -> None:
        self._runtime = runtime
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whatever becomes of it."""
        client = Client(scope, receive, send)
        surface = self._surface
        story = Story(self._runtime.new_id(), self._runtime.clock(), surface.name, surface.id_headers)
        try:
            await self._tell(client, story)
        except HalfpennyError as error:
            await self._refuse(client, story, error.let_go())
        except asyncio.CancelledError:
            client.unwatch()
            if client.left:
                story.abandoned()
            else:
                await self._refuse(client, story, _stopping())
        except Exception:
            _LOG.exception("request %s failed inside Halfpenny", story.id)
            fault = "Halfpenny failed to answer. Its log has the story under this request id."
            await self._refuse(client, story, HalfpennyError(fault))
        finally:
            client.unwatch()
            if story.claim is not None:
                story.claim.leave()
            record = story.record(self._runtime.clock())
            story.permit.leave(*record.used)
            self._runtime.publish(record)

    async def _refuse(self, client: Client, story: Story, error: HalfpennyError) -> None:
        client.unwatch()
        story.failed(error)
        await client.refuse(error, story.headers(), self._surface.errors)

    async def _tell(self, client: Client, story: Story) -> None:
        runtime = self._runtime
        if client.method != "POST":
            raise CallerError("Use POST for this path.", status=405, code="method_not_allowed")
        story.key = key = runtime.authentication.key(client.headers)
        story.permit = permit = runtime.limits.permit(story.id, key)
        await permit.begin()
        body = await client.body(runtime.body_limit)
        story.call = call = self._surface.read(body, client.headers)
        await permit.ask(call)
        story.wishes = wish = wishes(client.headers, call.body.pop(OURS, Raw()))
        if not call.view.stream:
            story.claim = runtime.once.claim(key.id, client.headers, self._surface.name, body)
        if story.claim is not None and story.claim.kept is not None:
            await _again(client, story, story.claim.kept)
            return
        client.watch()
        until = None if wish.timeout_ms is None else asyncio.get_running_loop().time() + wish.timeout_ms / 1000
        asked = Asked(story.id, story.at, key, call, not wish.no_store, until)
        if wish.timeout_ms is None:
            await self._answer(client, story, asked)
            return
        async with deadline(wish.timeout_ms):
            await self._answer(client, story, asked)

    async def _answer(self, client: Client, story: Story, asked: Asked) -> None:
        runtime, call = self._runtime, asked.call
        story.signals = await runtime.judge(call)
        now = await circumstances(runtime, asked)
        story.decision = self._decide(call, story, now)
        if not runtime.strong.lets(asked.key.name, story.decision):
            story.decision = self._decide(call, story, structs.replace(now, capped=True))
        try:
            story.opened = await open_first(runtime, asked, story.decision, story.attempts)
            await self._pass_on(client, story, story.opened.exchange)
        except HalfpennyError as error:
            client.unwatch()
            for last in story.attempts[-1:]:  # none, where nobody is sent to any of the candidates
                await last.close(error.code or error.type)
            raise
        except BaseException:
            client.unwatch()
            why = "client_left" if client.left else "cut_short"
            for last in story.attempts[-1:]:
                await last.close("ok" if last.finished else why)
            raise

    def _decide(self, call: Call, story: Story, now: policy.Circumstances) -> Decision:
        runtime = self._runtime
        return policy.decide(call, runtime.catalog, story.signals, now, runtime.preferences, story.wishes.routing())

    async def _pass_on(self, client: Client, story: Story, exchange: Exchange) -> None:
        call = story.call
        assert call is not None
        model = exchange.hold.model
        made = story.at // 10**9
        writer = self._surface.writer(call, story.id, made, model, exchange.surface == call.surface)
        async for events in exchange:
            data = writer.write(events, exchange.cost)
            if data:
                if not client.head_sent:
                    await client.start(200, _stream_head(story, writer), streams=True)
                await client.send(data, more=True)
        client.unwatch()
        ending = await exchange.close()
        data = writer.end(_usage(ending), exchange.charged)
        if client.head_sent:
            await client.send(data, more=False)
        else:
            if story.claim is not None and not story.wishes.no_store:
                story.claim.keep(writer.content_type, data)
            cost = (b"x-halfpenny-cost-usd", dollars(exchange.charged))
            await client.answer(200, [*story.headers(), cost, (b"content-type", writer.content_type)], data)


async def _again(client: Client, story: Story, kept: Kept) -> None:
    """The answer that was given before; it costs nothing this time."""
    told = [(b"idempotent-replayed", b"true"), (b"x-halfpenny-cost-usd", dollars(0)), (b"content-type", kept.kind)]
    await client.answer(200, [*story.headers(), *told], kept.body)


def _stream_head(story: Story, writer: Writer) -> list[tuple[bytes, bytes]]:
    return [
        *story.headers(),
        (b"content-type", writer.content_type),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
    ]


def _stopping() -> HalfpennyError:
    return HalfpennyError(
        "This server is shutting down. Try again.", status=503, code="server_shutting_down", retry_after=1
    )


def _usage(ending: Ending) -> Usage:
    """What the row says, so that a client never reads other numbers than it pays for."""
    return Usage(ending.input, ending.output, ending.cached, ending.reasoning, ending.usage_source)
