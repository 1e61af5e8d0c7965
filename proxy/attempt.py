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
from providers.errors import HalfpennyError, ProviderError, RateLimited, Unavailable
from providers.words import Call, Sent
from proxy.exchange import Exchange, Priced
from proxy.keys import Key
from proxy.money.ledger import Hold, LedgerUnavailable
from proxy.money.refusal import refusal
from proxy.runtime import Runtime
from routing.budget import Scope
from routing.catalog import Entry
from routing.decision import Candidate, Decision
from routing.gates import MIN_OUTPUT
from routing.policy import Circumstances
from routing.prices import Price, affordable
from routing.retry import wait_before_retry

TOO_LONG = "context_length_exceeded"
"""The one refusal of a request for what it says that another model may not share."""


NOTHING_TO_KNOW = Circumstances()


class Asked(Struct, frozen=True):
    """A request that may be attempted: who asks, what, under which id; `store`: what it makes may be kept; `until`:
    when it must be answered, in the loop's time."""

    id: str
    at: int
    key: Key
    call: Call
    store: bool = True
    until: float | None = None


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
    opening = _Opening(runtime, asked, decision, tried)
    runtime.retries.waiting += 1
    try:
        for candidate in runtime.health.order(decision.candidates):
            opening.others -= 1
            exchange = await opening.of(candidate)
            if exchange is not None:
                return Opened(exchange, candidate, None if candidate is decision.candidates[0] else opening.error)
            if opening.over:
                break
    finally:
        runtime.retries.waiting -= 1
        if opening.failed is not None:
            await opening.failed.close()
    raise opening.why()


class _Opening:
    """What has become of the candidates so far. `failed`: the last attempt, whose end is not written yet."""

    def __init__(self, runtime: Runtime, asked: Asked, decision: Decision, tried: list[Exchange]) -> None:
        self._runtime, self._asked, self._decision, self._tried = runtime, asked, decision, tried
        self.others = len(decision.candidates)
        self.error: HalfpennyError | None = None
        self.failed: Exchange | None = None
        self.over = False
        self._barred: list[ProviderError] = []

    async def of(self, candidate: Candidate) -> Exchange | None:
        """This candidate's exchange, at its first or second try; None: it has failed, or nobody is sent there."""
        barred = self._runtime.health.bar(candidate.entry.name)
        if barred is None:
            exchange, error = await self._try(candidate)
            wait = self._wait(error) if error is not None else None
            return exchange if wait is None else await self._later(candidate, wait)
        wait = self._wait(barred)
        if wait is None:
            self._barred.append(barred)
            return None
        return await self._later(candidate, wait)

    async def _later(self, candidate: Candidate, wait: float) -> Exchange | None:
        with self._runtime.retries.one():
            await asyncio.sleep(wait)
            return (await self._try(candidate))[0]

    async def _try(self, candidate: Candidate) -> tuple[Exchange | None, ProviderError | None]:
        runtime, asked, model = self._runtime, self._asked, candidate.entry.name
        exchange = _exchange(runtime, asked, candidate, len(self._tried), self._decision.baseline)
        self._tried.append(exchange)
        runtime.health.asked(model)
        try:
            sent = await _reserve(runtime, exchange, asked, candidate, self.failed)
            self.failed = None
            await exchange.open(runtime.providers[candidate.entry.provider], sent)
            runtime.health.succeeded(model)
            return exchange, None
        except ProviderError as raised:
            self.error, self.failed = raised.let_go(), exchange
            runtime.health.failed(model, raised)
            await exchange.fail(raised)
            self.over = not raised.retryable and raised.code != TOO_LONG
            return None, raised
        except HalfpennyError as refused:
            await exchange.close(refused.code or refused.type)
            self.error, self.failed = self.error or refused, None
            return None, None

    def _wait(self, error: ProviderError) -> float | None:
        """Seconds until the candidate gets another try; None: it gets none."""
        until = self._asked.until
        left = None if until is None else until - asyncio.get_running_loop().time()
        wait = wait_before_retry(error, 1, self.others > 0, random(), left)
        return wait if self._runtime.retries.lets() else None

    def why(self) -> HalfpennyError:
        """Why nobody answers: what the last one said who was asked, else what keeps us from asking anybody."""
        if self.error is not None:
            return self.error
        rest = min(barred.retry_after or 0 for barred in self._barred)
        if len(self._barred) == 1 or all(isinstance(barred, RateLimited) for barred in self._barred):
            return next(barred for barred in self._barred if barred.retry_after == rest)
        said = "No upstream that may answer this is available."
        return Unavailable(said, code="no_upstream_available", retry_after=rest)


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
    return Exchange(hold, entry, asked.call, runtime.ledger, runtime.clock, baseline.price, _priced(runtime, entry))


def _priced(runtime: Runtime, asked: Entry) -> Priced:
    """What a model of this provider costs that answers in place of the asked one, where the catalogue knows it."""

    def price(answered: str) -> Price | None:
        if answered == asked.upstream:
            return asked.price
        catalog = runtime.catalog
        listed = (e for e in catalog.entries.values() if (e.provider, e.upstream) == (asked.provider, answered))
        found = next(listed, None) or catalog.known.get(f"{asked.provider}/{answered}")
        return found.price if found is not None else None

    return price


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
