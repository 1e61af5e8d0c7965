"""One candidate after another: take its hold, dispatch, wait for the first event; the next one when that fails.

The end of a failed attempt and the hold of the next are one atomic step in the ledger. Falling over happens only before
the first event, so that a client never reads two answers.
"""

from msgspec import Struct, structs

from providers.errors import CallerError, HalfpennyError, ProviderError
from providers.words import Call, Sent
from proxy.exchange import Exchange
from proxy.keys import Key
from proxy.money.ledger import Denied, Ending, Hold
from proxy.money.refusal import refusal
from proxy.runtime import Runtime
from routing.budget import scopes
from routing.decision import Candidate, Decision
from routing.prices import Price, affordable, worst_case

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
            except CallerError as refused:
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
        price_version=runtime.price_version,
    )
    if entry.price is not None:
        found = scopes(runtime.rules, key.name, asked.at // 10**9)
        hold = structs.replace(hold, scopes=found)
    return Exchange(hold, entry, asked.call, runtime.ledger, runtime.clock)


async def _reserve(
    runtime: Runtime, exchange: Exchange, asked: Asked, candidate: Candidate, failed: Exchange | None
) -> Sent:
    """Take the hold and end the attempt before it; a cap that we chose ourselves shrinks to what is affordable."""
    price, output, call = candidate.entry.price, candidate.max_output, asked.call
    if price is None:
        if failed is not None:
            await failed.close()
        return Sent(candidate.entry.upstream, output, tenant=asked.key.id)
    assert output is not None, "a paid candidate always has an output cap"
    before = failed.ending if failed is not None else None
    denied = await _hold(runtime, exchange, price, output, before)
    if denied is not None and candidate.clamped:
        room = affordable(price, call.size, denied.limit - denied.spent - denied.held, call.view.n)
        if room is not None and room >= MIN_OUTPUT:
            output = min(room, output)
            denied = await _hold(runtime, exchange, price, output, before)
    if denied is not None:
        raise refusal(denied)
    return Sent(candidate.entry.upstream, output, tenant=asked.key.id)


async def _hold(
    runtime: Runtime, exchange: Exchange, price: Price, output: int, before: Ending | None
) -> Denied | None:
    call = exchange.call
    amount = worst_case(price, call.size, output, call.view.n)
    exchange.hold = structs.replace(exchange.hold, amount=amount)
    answer = await runtime.ledger.reserve(exchange.hold, before)
    return answer if isinstance(answer, Denied) else None
