"""Settlement, pure: from what was seen of an attempt and its price to how it ends in the ledger.

Unknown usage is never zero: it is estimated from what was received, and marked so. An estimate never passes the hold.
"""

from msgspec import Struct, structs

from providers.words import Usage
from proxy.money.ledger import Ending, Hold
from routing.prices import Price, cost

BYTES_PER_TOKEN = 4
MOST_TOKENS = 2**31


class Seen(Struct, frozen=True, kw_only=True):
    """What was seen of one attempt.

    `dispatched`: the provider may have done, and may bill, work (False too when it refused with a status that it does
    not bill). `usage`: the last one that the provider gave; `final`: it counts the whole answer (a finish reason or the
    end came). `prompt_bytes`: the size of the request; `text_bytes`, `text_events`: what was received of the answer,
    whether or not the client took it; `answered`: the model that the provider named.
    """

    dispatched: bool
    final: bool
    prompt_bytes: int
    usage: Usage | None = None
    text_bytes: int = 0
    text_events: int = 0
    answered: str = ""
    outcome: str = "ok"


def settle(seen: Seen, price: Price | None, hold: Hold, at: int, baseline: Price | None = None) -> Ending:
    """How the attempt ends. `price` None: free. `at` in epoch nanoseconds. What was never dispatched is void.

    `baseline` is the price that the client would have paid without us (None: nothing).
    """
    if not seen.dispatched:
        return Ending(hold.id, hold.k, at, "void", answered=seen.answered, outcome=seen.outcome)
    usage = used(seen)
    paid = 0 if price is None else cost(price, usage)
    if usage.source == "estimated":
        paid = min(paid, hold.amount)
    return Ending(
        id=hold.id,
        k=hold.k,
        at=at,
        state="settled",
        cost=paid,
        input=usage.input,
        output=usage.output,
        cached=usage.cached,
        reasoning=usage.reasoning,
        usage_source=usage.source,
        answered=seen.answered,
        outcome=seen.outcome,
        baseline=_without_us(seen, usage, min(paid, hold.amount), price, baseline),
    )


def _without_us(seen: Seen, usage: Usage, charged: int, price: Price | None, baseline: Price | None) -> int:
    """What the same tokens would have cost: as much as here at the same price, or when no answer came to speak of."""
    if baseline == price or not (seen.final or seen.text_bytes):
        return charged
    return 0 if baseline is None else cost(baseline, usage)


def used(seen: Seen) -> Usage:
    """The provider's usage when it is final and possible; else an estimate, with its prompt tokens where it told."""
    told = seen.usage if seen.usage is not None and _possible(seen.usage) else None
    if told is not None and seen.final and (told.output or not seen.text_bytes):
        return told
    received = max(seen.text_events, -(-seen.text_bytes // BYTES_PER_TOKEN))
    if told is None:
        return Usage(-(-seen.prompt_bytes // BYTES_PER_TOKEN), received, source="estimated")
    return structs.replace(told, output=max(told.output, received), source="estimated")


def _possible(usage: Usage) -> bool:
    counts = (usage.input, usage.output, usage.cached, usage.cache_write, usage.reasoning)
    return all(0 <= count < MOST_TOKENS for count in counts) and usage.cached + usage.cache_write <= usage.input
