"""One candidate after another: take its hold, dispatch, wait for the first event; the next one when that fails.

The end of a failed attempt and the hold of the next are one atomic step in the ledger. Falling over happens only before
the first event, so that a client never reads two answers.
"""

import asyncio
from collections.abc import Mapping
from random import random

from msgspec import Struct

from providers.base import Provider
from providers.engine.client import LocalEngine
from providers.errors import HalfpennyError, ProviderError
from providers.words import Call, Sent
from proxy.exchange import Exchange
from proxy.keys import Key
from proxy.money.ledger import Hold, LedgerUnavailable
from proxy.money.refusal import refusal
from proxy.runtime import Runtime
from routing.budget import Scope
from routing.catalog import Entry
from routing.decision import Candidate, Decision
from routing.gates import MIN_OUTPUT
from routing.policy import Circumstances
from routing.prices import affordable
from routing.retry import wait_before_retry

TOO_LONG = "context_length_exceeded"
"""The one refusal of a request for what it says that another model may not share."""


NOTHING_TO_KNOW = Circumstances()


class Asked(Struct, frozen=True):
    """A request that may be attempted: who asks, what, under which id; `store`: what it makes may be kept."""

    id: str
    at: int
    key: Key
    call: Call
    store: bool = True


class Opened(Struct, frozen=True):
    """The exchange that answers, whose candidate it is, and what stopped the candidates before it."""

    exchange: Exchange
    candidate: Candidate
    instead: HalfpennyError | None = None


async def circumstances(runtime: Runtime, asked: Asked) -> Circumstances:
    """What routing must know of this moment: who is ill, who is busy, and how much money a hold of this key may take.

    Whoever names a model has chosen: for them nothing is looked up.
    """
    if isinstance(runtime.catalog.meaning(asked.call.view.model), Entry):
        return NOTHING_TO_KNOW
    try:
        room = await runtime.ledger.room(_scopes(runtime, asked, runtime.clock(), paid=True))
    except LedgerUnavailable:
        room = 0
    can = learned(runtime.providers) if asked.call.view.needs else {}
    return Circumstances(runtime.health.ill(), room, can, waits(runtime.providers))


def learned(providers: Mapping[str, Provider]) -> dict[str, frozenset[str]]:
    """What local models can, as far as their processes have said."""
    local = ((name, provider.ready) for name, provider in providers.items() if isinstance(provider, LocalEngine))
    return {name: frozenset(ready.abilities) for name, ready in local if ready is not None}


def waits(providers: Mapping[str, Provider]) -> dict[str, float]:
    """Seconds until each local model that is busy would begin with one more call, as its process last said."""
    local = ((name, provider.stats) for name, provider in providers.items() if isinstance(provider, LocalEngine))
    return {name: stats.expected_wait for name, stats in local if stats is not None and stats.expected_wait}


async def open_first(runtime: Runtime, asked: Asked, decision: Decision, tried: list[Exchange]) -> Opened:
    """The exchange of the first candidate that speaks; all that were begun go into `tried`.

    Raises the last error when none does. Cut short, it leaves the last of `tried` to be closed by the caller.
    """
    error: HalfpennyError | None = None
    failed: Exchange | None = None
    waiting = list(decision.candidates)
    tries = k = 0
    try:
        while waiting:
            candidate = waiting[0]
            exchange = _exchange(runtime, asked, candidate, k, decision.baseline)
            tried.append(exchange)
            tries, k = tries + 1, k + 1
            try:
                sent = await _reserve(runtime, exchange, asked, candidate, failed)
                failed = None
                await exchange.open(runtime.providers[candidate.entry.provider], sent)
                runtime.health.succeeded(candidate.entry.name)
                return Opened(exchange, candidate, None if candidate is decision.candidates[0] else error)
            except ProviderError as raised:
                error, failed = raised.let_go(), exchange
                if await _again(runtime, exchange, raised, tries, len(waiting) > 1):
                    continue
                if not raised.retryable and raised.code != TOO_LONG:
                    break
            except HalfpennyError as refused:
                await exchange.close(refused.code or refused.type)
                error, failed = error or refused, None
            waiting, tries = waiting[1:], 0
    finally:
        if failed is not None:
            await failed.close()
    assert error is not None, "a decision has at least one candidate"
    raise error


async def _again(runtime: Runtime, exchange: Exchange, error: ProviderError, tries: int, others: bool) -> bool:
    """Note the failure, and wait if the same candidate deserves another try."""
    runtime.health.failed(exchange.hold.model, error)
    await exchange.fail(error)
    wait = wait_before_retry(error, tries, others, random())
    if wait is None:
        return False
    await asyncio.sleep(wait)
    return True


def _exchange(runtime: Runtime, asked: Asked, candidate: Candidate, k: int, baseline: Entry) -> Exchange:
    entry, key, at = candidate.entry, asked.key, runtime.clock()
    paid = entry.price is not None
    hold = Hold(
        id=asked.id,
        k=k,
        at=at,
        key=key.id,
        asked=asked.call.view.model,
        model=entry.name,
        provider=entry.provider,
        sent=entry.upstream,
        amount=0,
        scopes=_scopes(runtime, asked, at, paid),
        price_version=runtime.price_version if paid else "",
    )
    return Exchange(hold, entry, asked.call, runtime.ledger, runtime.clock, baseline.price)


def _scopes(runtime: Runtime, asked: Asked, at: int, paid: bool) -> tuple[Scope, ...]:
    """A request counts in the windows of the moment in which it is reserved, not in those in which it came."""
    return runtime.rules.scopes(asked.key.name, at // 10**9, asked.key.allowance, paid=paid)


async def _reserve(
    runtime: Runtime, exchange: Exchange, asked: Asked, candidate: Candidate, failed: Exchange | None
) -> Sent:
    """Take the hold and end the attempt before it; a cap that we chose ourselves shrinks to what is affordable.

    A free candidate that no rule counts takes no hold and touches no store.
    """
    price, output, call = candidate.entry.price, candidate.max_output, asked.call
    if price is None and not exchange.hold.scopes:
        if failed is not None:
            await failed.close()
        return Sent(candidate.entry.upstream, output, tenant=asked.key.id, at=asked.at, store=asked.store)
    before = failed.ending if failed is not None else None
    denied = await exchange.reserve(output or 0, before)
    if denied is not None and candidate.clamped and price is not None:
        room = await runtime.ledger.room(exchange.hold.scopes)
        fits = None if room is None else affordable(price, call.bound(), room, call.view.n)
        if fits is not None and fits >= MIN_OUTPUT:
            output = min(fits, output or fits)
            denied = await exchange.reserve(output, before)
    if denied is not None:
        raise refusal(denied)
    return Sent(candidate.entry.upstream, output, tenant=asked.key.id, at=asked.at, store=asked.store)
