"""One candidate after another: take its hold, dispatch, wait for the first event; the next one when that fails.

The end of a failed attempt and the hold of the next are one atomic step in the ledger. Falling over happens only before
the first event, so that a client never reads two answers.
"""

from msgspec import Struct

from providers.errors import CallerError, HalfpennyError, ProviderError
from providers.words import Call, Sent
from proxy.exchange import Exchange
from proxy.keys import Key
from proxy.money.ledger import Hold, LedgerUnavailable
from proxy.money.refusal import refusal
from proxy.runtime import Runtime
from routing.decision import Candidate, Decision
from routing.prices import affordable

MIN_OUTPUT = 16
"""Tokens: an answer cut shorter than this, to fit what is left of a budget, helps nobody."""


class Asked(Struct, frozen=True):
    """A request that may be attempted: who asks, what, under which id."""

    id: str
    at: int
    key: Key
    call: Call


async def open_first(runtime: Runtime, asked: Asked, decision: Decision) -> Exchange:
    """The exchange of the first candidate that speaks. Raises the last candidate's error when none does."""
    error: HalfpennyError | None = None
    failed: Exchange | None = None
    try:
        for k, candidate in enumerate(decision.candidates):
            exchange = _exchange(runtime, asked, candidate, k)
            try:
                sent = await _reserve(runtime, exchange, asked, candidate, failed)
                failed = None
                await exchange.open(runtime.providers[candidate.entry.provider], sent)
                return exchange
            except (CallerError, LedgerUnavailable) as refused:
                error = error or refused
            except ProviderError as raised:
                error, failed = raised, exchange
                await exchange.fail(raised)
                if not raised.retryable:
                    break
            except BaseException:
                await exchange.close("client_left")
                raise
    finally:
        if failed is not None:
            await failed.close()
    assert error is not None, "a decision has at least one candidate"
    raise error


def _exchange(runtime: Runtime, asked: Asked, candidate: Candidate, k: int) -> Exchange:
    entry, key = candidate.entry, asked.key
    paid = entry.price is not None
    hold = Hold(
        id=asked.id,
        k=k,
        at=asked.at,
        key=key.id,
        asked=asked.call.view.model,
        model=entry.name,
        provider=entry.provider,
        sent=entry.upstream,
        amount=0,
        scopes=runtime.rules.scopes(key.name, asked.at // 10**9, key.allowance, paid=paid),
        price_version=runtime.price_version if paid else "",
    )
    return Exchange(hold, entry, asked.call, runtime.ledger, runtime.clock)


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
        return Sent(candidate.entry.upstream, output, tenant=asked.key.id)
    before = failed.ending if failed is not None else None
    denied = await exchange.reserve(output or 0, before)
    if denied is not None and candidate.clamped and price is not None:
        room = await runtime.ledger.room(exchange.hold.scopes)
        fits = None if room is None else affordable(price, call.size, room, call.view.n)
        if fits is not None and fits >= MIN_OUTPUT:
            output = min(fits, output or fits)
            denied = await exchange.reserve(output, before)
    if denied is not None:
        raise refusal(denied)
    return Sent(candidate.entry.upstream, output, tenant=asked.key.id)
